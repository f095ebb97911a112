"""The house: arrows only downwards, each library at its one address, one clock, no catch-all."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import ROOMS, ROOT, imported, imports, modules, tracked, tree

from notifiers.registry import NOTIFIERS

MAY_IMPORT = {
    "rules": set(),
    "notifiers": set(),
    "engine": {"rules", "notifiers"},
    "api": {"rules", "notifiers", "engine"},
}

ADDRESS = {
    "chinese_calendar": {"engine"},
    "dateutil": {"engine"},
    "icalendar": {"engine"},
    "sqlmodel": {"engine", "api"},  # in api only to name a session and a column, see below
    "sqlalchemy": {"engine", "api"},
    "alembic": {"engine"},
    "apscheduler": {"engine"},
    "argon2": {"engine"},
    "procrastinate": {"engine"},
    "psycopg": {"engine"},
    "httpx": {"notifiers"},
    "aiohttp": {"notifiers"},
    "yarl": {"notifiers"},
    "aiosmtplib": {"notifiers"},
    "apprise": {"notifiers"},
    "websockets": {"notifiers"},
    "authlib": {"notifiers"},
    "joserfc": {"notifiers"},
    "smtplib": set(),
    "requests": set(),
    "urllib3": set(),
    "fastapi": {"api"},
    "starlette": {"api"},
    "jinja2": {"api"},
    "typer": {"api"},
    "click": set(),
    "rich": {"api"},
    "tomli_w": {"rules"},
    "uvicorn": {"api"},
    "pydantic": {"api"},
    "docx": {"api"},
    "openpyxl": {"api"},
    "lxml": {"api"},
    "cryptography": {"api"},
    "prometheus_client": {"api"},
    "fastapi_offline": set(),
}

CATCH_ALL = {"utils", "common", "helpers", "core", "manager", "models", "misc", "base", "store"}

CLOCKS = {
    *(("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today")),
    *(("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime")),
}


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_point_only_downwards(room: str) -> None:
    for path in modules(room):
        others = imported(path) & set(ROOMS) - {room}
        assert others <= MAY_IMPORT[room], f"{path} imports {others - MAY_IMPORT[room]}"


@pytest.mark.parametrize("room", ROOMS)
def test_each_library_has_its_address(room: str) -> None:
    for path in modules(room):
        for library in imported(path) & set(ADDRESS):
            assert room in ADDRESS[library], f"{path} imports {library}"


def test_libraries_with_one_file_keep_to_it() -> None:
    one_file = {
        "chinese_calendar": {"engine/announced_years.py"},
        "apprise": {"notifiers/apprise_process.py"},
        "websockets": {"notifiers/wecom_bot_line.py"},
        "icalendar": {"engine/calendar_entries.py"},
        "apscheduler": {"engine/clock.py"},
        "procrastinate": {"engine/doorbell.py"},
        "psycopg": set(),
        "argon2": {"engine/passwords.py"},
        "authlib": {"notifiers/oidc.py"},
        "joserfc": {"notifiers/oidc.py"},
        "uvicorn": {"api/commands/serve.py"},
        "prometheus_client": {"api/metrics.py"},
    }
    for library, files in one_file.items():
        found = {
            str(path.relative_to(ROOT))
            for room in ROOMS
            for path in modules(room)
            if library in imported(path)
        }
        assert found == files


def test_without_postgresql_its_libraries_are_not_loaded() -> None:
    ask = (
        "import sys, api.command_line; from engine.database import open_database;"
        "open_database('sqlite://').dispose();"
        "print([name for name in ('procrastinate', 'psycopg') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_the_doors_write_no_query_and_no_table() -> None:
    for path in modules("api"):
        names = {name for module, name in imports(path) if module.startswith("sqlmodel")}
        assert names <= {"Session", "col"}, path


def test_no_file_is_called_after_everything() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            assert path.stem not in CATCH_ALL, path


def test_there_is_no_fifth_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(ROOMS)


def test_the_clock_is_read_in_one_place() -> None:
    for room in ROOMS:
        for path in modules(room):
            if path == ROOT / "engine" / "clock.py":
                continue
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Attribute):
                    owner = ast.unparse(node.value).rpartition(".")[2]
                    assert (owner, node.attr) not in CLOCKS, f"{path}:{node.lineno}"
            assert not {("time", "time"), ("time", "time_ns")} & set(imports(path)), path


def test_every_channel_has_a_test() -> None:
    for kind in NOTIFIERS:
        assert (ROOT / "tests" / "notifiers" / f"test_{kind}.py").is_file(), kind


def test_every_catalogue_file_has_a_test() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "rules").rglob("test_*.py")
    )
    files = list((ROOT / "rules" / "catalogue").glob("*.toml"))
    assert files
    for path in files:
        assert path.stem in tests, path


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


def test_no_file_names_a_registry_or_a_place_on_a_machine() -> None:
    # Written in two parts, so that this file does not name them either.
    foreign = re.compile(
        "|".join(
            (
                r"py" + r"pi\.(org|python)",
                r"python" + r"hosted\.org",
                r"(?<![\w.])/ro" + r"ot/",
                r"(?<![\w.])/ho" + r"me/\w",
                r"(?<![\w.])/wo" + r"rk/\w",
                r"--index" + r"-url\s+\S+:",
            )
        )
    )
    for path in tracked():
        for number, line in enumerate(_text(path).splitlines(), 1):
            assert not foreign.search(line), f"{path}:{number}: {line[:100]}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_a_hash(name: str) -> None:
    text = _text(ROOT / name).replace("\\\n", " ")
    pins = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    assert pins
    for line in pins:
        assert re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line[:100]


def test_every_dependency_is_pinned() -> None:
    project = _text(ROOT / "pyproject.toml").partition("dependencies = [")[2].partition("]")[0]
    pinned = _text(ROOT / "requirements.txt").lower()
    for name in re.findall(r'"([a-z][\w-]*)', project):
        assert f"\n{name}==" in pinned, name


def test_nobody_waits_for_the_writers_in_the_event_loop() -> None:
    """Whoever has the lock may need the loop to give it back: `in_turn`, or a thread."""
    waiting = {"writing", "recording", "trying"}
    for path in modules("api"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.AsyncFunctionDef):
                found = {one.id for one in _own_nodes(node) if isinstance(one, ast.Name)} & waiting
                assert not found, f"{path}:{node.lineno}: {found}"


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Those of a function, but for the functions within it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own_nodes(child)
