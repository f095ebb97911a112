"""Legal days, months and next days of columns, in the SQL of both databases."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class legal_day(GenericFunction[date]):  # noqa: N801 - named as it stands in a query
    """The legal day (Asia/Shanghai) of a column of instants: the zone has been at +08:00 since 1991."""

    type = Date()
    inherit_cache = True


class month_of(GenericFunction[str]):  # noqa: N801
    """The month of a column of days, as the key of a period: `2026-09`."""

    type = String()
    inherit_cache = True


class day_after(GenericFunction[date]):  # noqa: N801
    """The day after a column of days."""

    type = Date()
    inherit_cache = True


@compiles(legal_day, "sqlite")
def _day_of_sqlite(element: ColumnElement[date], compiler: SQLCompiler, **more: Any) -> str:
    return f"date({_arguments(element, compiler, more)}, '+8 hours')"


@compiles(legal_day, "postgresql")
def _day_of_postgres(element: ColumnElement[date], compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST({_arguments(element, compiler, more)} AT TIME ZONE 'Asia/Shanghai' AS DATE)"


@compiles(month_of, "sqlite")
def _month_of_sqlite(element: ColumnElement[str], compiler: SQLCompiler, **more: Any) -> str:
    return f"substr({_arguments(element, compiler, more)}, 1, 7)"


@compiles(month_of, "postgresql")
def _month_of_postgres(element: ColumnElement[str], compiler: SQLCompiler, **more: Any) -> str:
    return f"to_char({_arguments(element, compiler, more)}, 'YYYY-MM')"


@compiles(day_after, "sqlite")
def _after_of_sqlite(element: ColumnElement[date], compiler: SQLCompiler, **more: Any) -> str:
    return f"date({_arguments(element, compiler, more)}, '+1 day')"


@compiles(day_after, "postgresql")
def _after_of_postgres(element: ColumnElement[date], compiler: SQLCompiler, **more: Any) -> str:
    return f"({_arguments(element, compiler, more)} + 1)"


def _arguments(element: Any, compiler: SQLCompiler, more: dict[str, Any]) -> str:
    return compiler.process(element.clauses, **more)
