"""The commented channels of config.example.toml are such as their kinds accept."""

import re
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from notifiers.registry import NOTIFIERS, build
from tests.notifiers.scripted import KEY, SECRET
from tests.servers.wecom_application import AES_KEY, CALLBACK_TOKEN

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def examples() -> list[dict[str, Any]]:
    """Every [[channel]] of the file, with its comment marks taken away and secrets put in."""
    text = (
        EXAMPLE.read_text(encoding="utf-8")
        .partition("\n# 渠道。")[2]
        .partition("\n")[2]
        .partition("\n[[unit]]")[0]
    )
    text = re.sub(r"^# (?=\[\[channel\]\]|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    text = re.sub(r'"env:QIXIAN_OA_\w+"', f'"{SECRET}"', text)
    text = text.replace('"env:QIXIAN_APPRISE_URL"', '"ntfys://ntfy.example.gov.cn/qixian"')
    text = text.replace('"env:QIXIAN_WECOM_TOKEN"', f'"{CALLBACK_TOKEN}"')
    text = text.replace('"env:QIXIAN_WECOM_AES"', f'"{AES_KEY}"')
    text = re.sub(r'"env:\w+"', f'"{KEY}"', text)
    tables: list[dict[str, Any]] = tomllib.loads(text)["channel"]
    return tables


@pytest.mark.parametrize("table", examples(), ids=lambda table: table["kind"])
def test_the_example_of_a_channel_is_accepted(table: dict[str, Any]) -> None:
    settings = {key: value for key, value in table.items() if key not in ("id", "kind")}
    assert isinstance(build(table["kind"], settings, httpx.AsyncClient()), NOTIFIERS[table["kind"]])


def test_every_kind_has_an_example() -> None:
    assert {table["kind"] for table in examples()} == set(NOTIFIERS)
