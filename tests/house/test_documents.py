"""What there is, is written down: commands, configuration tables, addresses, rooms."""

import re

import pytest
from source import ROOMS, ROOT
from typer.main import get_command

from api.command_line import app
from api.settings_file import Settings
from notifiers.registry import NOTIFIERS

DOCUMENTS = (
    "README.md",
    "README.zh.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/glossary.md",
    "docs/postgresql.md",
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def english() -> str:
    """README.md and docs/ together."""
    return read("README.md") + "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_there_and_says_something(name: str) -> None:
    assert len(read(name)) > 200


def test_every_command_is_described() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) > 8
    for name in commands:
        for text in (english(), read("README.zh.md")):
            assert f"qixian {name}" in text, name


def test_every_table_of_the_configuration_is_described() -> None:
    for name in Settings.model_fields:
        assert re.search(rf"\[{name}\]", english()), name
        assert re.search(rf"^#? ?\[+{name}\]+", read("config.example.toml"), re.MULTILINE), name


def test_every_channel_is_described() -> None:
    for kind in NOTIFIERS:
        assert kind in english()
        assert f'kind = "{kind}"' in read("config.example.toml")


def test_every_room_stands_on_the_map() -> None:
    for room in ROOMS:
        assert f"`{room}`" in read("docs/architecture.md")


def test_links_between_documents_lead_somewhere() -> None:
    for name in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", read(name)):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"
