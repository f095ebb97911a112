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
KINDS = (
    *(
        "wecom_robot",
        "wecom_application",
        "wecom_bot",
        "dingtalk_robot",
        "feishu_robot",
        "zhezhengding",
    ),
    *("mail", "webhook", "console", "apprise"),
)
APPLICATION = {"corp_id": "ww1", "secret": "canary", "agent_id": 1000002}


def test_every_channel_is_registered_under_its_own_name() -> None:
    assert [channel.kind for channel in NOTIFIERS.values()] == list(NOTIFIERS) == list(KINDS)


# kind         settings                        the sentence
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("pager", {}, f"没有名为“pager”的渠道，可以用的有：{'、'.join(KINDS)}。"),
    ("wecom_robot", {}, "wecom_robot 渠道缺少“key”，请在配置中填写。"),
    ("wecom_robot", {"key": " "}, "wecom_robot 渠道的“key”为空，请在配置中填写。"),
    ("wecom_robot", {"key": 5}, "wecom_robot 渠道的“key”应为带引号的文字。"),
    (
        "wecom_robot",
        {"kye": KEY},
        "wecom_robot 渠道不认识“kye”，可以写的有：key、format、url、api_base、allow_http。",
    ),
    (
        "wecom_robot",
        {"key": KEY, "format": "html"},
        "wecom_robot 渠道的“format”只能是 markdown、markdown_v2、text、card、file 之一。",
    ),
    (
        "wecom_robot",
        {"key": KEY, "format": "card"},
        "wecom_robot 渠道缺少“url”，请在配置中填写。",
    ),
    (
        "wecom_application",
        {"corp_id": "ww1", "secret": "canary"},
        "wecom_application 渠道缺少“agent_id”，请在配置中填写。",
    ),
    (
        "wecom_application",
        {**APPLICATION, "agent_id": "1000002"},
        "wecom_application 渠道的“agent_id”应为 1 到 2147483647 的整数（不带引号）。",
    ),
    (
        "wecom_application",
        {**APPLICATION, "users": "zhang"},
        'wecom_application 渠道的“users”应为文字的列表，例如 ["甲", "乙"]。',
    ),
    (
        "wecom_application",
        {**APPLICATION, "users": ["zhang", "@all"]},
        "wecom_application 渠道的“users”应为至多 1000 个企业微信账号（userid）。",
    ),
    (
        "wecom_application",
        {**APPLICATION, "format": "textcard"},
        "wecom_application 渠道缺少“url”，请在配置中填写。",
    ),
    ("wecom_bot", {}, "wecom_bot 渠道缺少“bot_id”，请在配置中填写。"),
    (
        "wecom_bot",
        {"bot_id": "b", "secret": "canary", "chat_id": "wr1", "users": ["zhang"]},
        "wecom_bot 渠道的“users”和 chat_id 只能写一个：发给个人，或者发到一个群。",
    ),
    (
        "wecom_bot",
        {"bot_id": "b", "secret": "canary", "users": ["@all"]},
        "wecom_bot 渠道的“users”应为至多 1000 个企业微信账号（userid）。",
    ),
    (
        "wecom_bot",
        {"bot_id": "b", "secret": "canary", "api_base": "http://wx.example.gov.cn"},
        "wecom_bot 渠道的“api_base”是明文的 http，请改用 https；确在内网时另设 allow_http = true。",
    ),
    ("dingtalk_robot", {}, "dingtalk_robot 渠道缺少“token”，请在配置中填写。"),
    (
        "dingtalk_robot",
        {"token": KEY, "secret": ""},
        "dingtalk_robot 渠道的“secret”为空，请在配置中填写。",
    ),
    (
        "feishu_robot",
        {"token": KEY, "keyword": "期限" * 16},
        "feishu_robot 渠道的“keyword”应为一行、至多 30 个字。",
    ),
    ("zhezhengding", {"app_key": "k"}, "zhezhengding 渠道缺少“app_secret”，请在配置中填写。"),
    (
        "zhezhengding",
        {"app_key": "k", "app_secret": "canary", "tenant_id": "1", "users": ["1,2"]},
        "zhezhengding 渠道的“users”应为至多 1000 个浙政钉账号（accountId）。",
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
    ("apprise", {}, "apprise 渠道缺少“url”，请在配置中填写。"),
    (
        "apprise",
        {"url": "canary"},
        "apprise 渠道的“url”应为 Apprise 的地址，例如 ntfys://ntfy.example.gov.cn/qixian。",
    ),
    ("console", {"stream": "x"}, "console 渠道不认识“stream”，它不需要任何设置。"),
]


@pytest.mark.parametrize(("kind", "settings", "sentence"), FAULTS)
def test_wrong_settings_are_named_in_one_sentence(
    kind: str, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ChannelConfigError) as refused:
        build(kind, settings, httpx.AsyncClient())
    assert str(refused.value) == sentence
    assert "canary" not in sentence


def test_the_room_is_a_leaf() -> None:
    ours = {"httpx", "aiohttp", "yarl", "aiosmtplib", "apprise", "authlib", "joserfc", "websockets"}
    allowed = {*sys.stdlib_module_names, "notifiers", *ours}
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            else:
                continue
            assert {name.partition(".")[0] for name in names} <= allowed, file.name
