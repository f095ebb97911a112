"""qixian doctor"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from api.commands.context import Context
from api.findings import calendar_finding, findings, missing_folder
from api.findings_of_agency import Finding, findings_of_agency
from api.refusals import database_in_words
from api.settings_file import TOKEN_GONE, TOKEN_VARIABLE
from engine.errors import BadDatabase
from engine.schema import check


def doctor(context: typer.Context) -> None:
    """检查配置、数据库、渠道、责任主体；有错误时退出码为 1。"""
    shared: Context = context.obj
    try:
        found = _findings(shared)
    except (BadDatabase, DBAPIError) as error:  # without it nobody knows which rules there are
        found = [_packages(), _unusable(error)]
    levels = {"ok": "正常", "note": "提示", "fault": "错误"}
    rows = [{"name": f.name, "level": f.level, "detail": f.detail} for f in found]
    if not shared.json:
        for row in rows:
            row["level"] = levels[row["level"]]
    shared.emit(rows, {"level": "", "name": "项目", "detail": "说明"})
    raise typer.Exit(1 if any(f.level == "fault" for f in found) else 0)


def _findings(shared: Context) -> list[Finding]:
    return [
        Finding("配置", "ok", str(shared.config_path)),
        _packages(),
        *_old_token(),
        *_of_office(shared),
    ]


def _of_office(shared: Context) -> Iterator[Finding]:
    configuration = shared.configuration
    agency, db = configuration.agency, shared.open(configuration.database_url)
    try:
        check(db)
    except BadDatabase as error:
        yield _unusable(error)
        yield calendar_finding(shared.calendar, shared.today)
        yield from missing_folder(configuration)
        yield from findings_of_agency(agency, shared.today)
        return
    yield from findings(configuration, agency, db, shared.calendar, shared.now)


def _unusable(error: BadDatabase | DBAPIError) -> Finding:
    return Finding("数据库", "fault", database_in_words(error))


def _packages() -> Finding:
    """Another distribution with a package of the same name would overwrite ours silently."""
    specs = (find_spec(name) for name in ("engine", "rules", "notifiers", "api"))
    places = {Path(spec.origin).parent.parent for spec in specs if spec and spec.origin}
    if len(places) == 1:
        return Finding("程序包", "ok", "四个程序包在同一处")
    return Finding("程序包", "fault", "程序包被别的软件覆盖，请在单独的环境中重新安装 qixian")


def _old_token() -> Iterator[Finding]:
    if os.environ.get(TOKEN_VARIABLE):
        yield Finding("帐户", "fault", f"环境变量 {TOKEN_GONE.format(TOKEN_VARIABLE)}")
