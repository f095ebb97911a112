"""qixian export FILE.xlsx"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from pydantic import ValidationError

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.faults import fault_in_words
from api.obligation_filter import ObligationConditions, conditions_of
from api.register_sheet import MOST_OF_A_SHEET, register_sheet
from api.workbook_writing import write_workbook
from engine.database import reading
from engine.register import length, lines


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="台账文件；不能是已有的文件")],
    unit: Annotated[str | None, typer.Option(metavar="ID", help="单位编号")] = None,
    status: Annotated[
        str | None,
        typer.Option(help="open 待办、done 已办结、waived 已免除、overdue 逾期、upcoming 未逾期"),
    ] = None,
    document: Annotated[str | None, typer.Option(metavar="ID", help="文件编号")] = None,
    due_from: Annotated[str | None, typer.Option(metavar="DATE", help="到期日从")] = None,
    due_to: Annotated[str | None, typer.Option(metavar="DATE", help="到期日到")] = None,
) -> None:
    """导出台账（.xlsx），可按单位、状态、文件、到期日筛选。"""
    shared: Context = context.obj
    if file.suffix.lower() != ".xlsx":
        raise BadInput(f"{file} 应以 .xlsx 结尾")
    agency, now = shared.configuration.agency, shared.now
    asked = _asked(unit=unit, status=status, document=document, due_from=due_from, due_to=due_to)
    conditions = conditions_of(asked, agency, shared.calendar, now)
    with reading(shared.database) as session, _new(file) as target:
        if (found := length(session, *conditions)) > MOST_OF_A_SHEET:
            raise BadInput(f"选出了 {found} 项，一张表至多 {MOST_OF_A_SHEET} 行，请缩小范围")
        rows = lines(session, agency, shared.calendar, now, *conditions)
        written = write_workbook(target, [register_sheet(rows)])
    if shared.json:
        print_json({"file": str(file), "rows": written})
    else:
        print(f"已导出 {written} 项到 {file}。")


def _asked(**typed: Any) -> ObligationConditions:
    """Raises BadInput."""
    try:
        given = {key: value for key, value in typed.items() if value is not None}
        return ObligationConditions.model_validate(given)
    except ValidationError as error:
        first: Any = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise BadInput(f"--{option}：{fault_in_words(first)}") from None


@contextmanager
def _new(file: Path) -> Iterator[IO[bytes]]:
    """A file that was not there, and is not when nothing comes of it. Raises BadInput."""
    try:
        target = file.open("xb")
    except FileExistsError:
        raise BadInput(f"{file} 已经存在，导出不覆盖文件，请换一个文件名") from None
    except OSError as error:
        raise BadInput(f"不能写入 {file}（{error.strerror}），请检查目录和权限") from None
    try:
        with target:
            yield target
    except BaseException:
        file.unlink(missing_ok=True)
        raise
