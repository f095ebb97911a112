import ast
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import notifiers
from notifiers.errors import ChannelConfigError
from notifiers.registry import NOTIFIERS, build
from tests.notifiers.scripted import KEY

ROOM = Path(next(iter(notifiers.__path__)))


def test_every_channel_is_registered_under_its_own_name() -> None:
    assert {kind: channel.kind for kind, channel in NOTIFIERS.items()} == {
        kind: kind for kind in ("wecom_robot", "mail", "webhook", "console")
    }


# kind         settings                        the sentence
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("pager", {}, "没有名为“pager”的渠道，可以用的有：wecom_robot、mail、webhook、console。"),
    ("wecom_robot", {}, "wecom_robot 渠道缺少“key”，请在配置中填写。"),
    ("wecom_robot", {"key": " "}, "wecom_robot 渠道的“key”为空，请在配置中填写。"),
    ("wecom_robot", {"key": 5}, "wecom_robot 渠道的“key”应为带引号的文字。"),
    (
        "wecom_robot",
        {"kye": KEY},
        "wecom_robot 渠道不认识“kye”，可以写的有：key、format、api_base、allow_http。",
    ),
    (
        "wecom_robot",
        {"key": KEY, "format": "html"},
        "wecom_robot 渠道的“format”只能是 markdown、text 之一。",
    ),
    (
        "wecom_robot",
        {"key": KEY, "api_base": "http://wx.agency.gov.cn"},
        "wecom_robot 渠道的“api_base”是明文的 http，请改用 https；确在内网时另设 allow_http = true。",
    ),
    (
        "wecom_robot",
        {"key": KEY, "api_base": "https://wx.agency.gov.cn?x=1"},
        "wecom_robot 渠道的“api_base”里带有“?”及其后的内容，请去掉。",
    ),
    ("mail", {}, "mail 渠道缺少“host”，请在配置中填写。"),
    ("webhook", {}, "webhook 渠道缺少“url”，请在配置中填写。"),
    ("console", {"stream": "x"}, "console 渠道不认识“stream”，它不需要任何设置。"),
]


@pytest.mark.parametrize(("kind", "settings", "sentence"), FAULTS)
def test_wrong_settings_are_named_in_one_sentence(
    kind: str, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ChannelConfigError) as refused:
        build(kind, settings, httpx.AsyncClient())
    assert str(refused.value) == sentence


def test_the_room_is_a_leaf() -> None:
    allowed = {*sys.stdlib_module_names, "notifiers", "httpx", "aiosmtplib"}
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            else:
                continue
            assert {name.partition(".")[0] for name in names} <= allowed, file.name
