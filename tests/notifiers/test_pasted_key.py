"""What officers paste, and the sentence that each mistake gets."""

import httpx
import pytest

from notifiers.dingtalk_robot import DingtalkRobot
from notifiers.errors import ChannelConfigError
from notifiers.feishu_robot import FeishuRobot
from notifiers.registry import build
from notifiers.wecom_robot import WecomRobot
from tests.notifiers.scripted import KEY

VENDOR = "https://qyapi.weixin.qq.com"
PRIVATE = "https://wx.agency.gov.cn:8443/gateway/"
DINGTALK = "https://oapi.dingtalk.com/robot/send"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook"
TOKEN = "3f2c9d1e" * 8
SEND = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        (KEY, VENDOR),
        (f"{SEND}?key={KEY}", VENDOR),
        (f"HTTPS://QYAPI.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", VENDOR),
        (f"https://wx.agency.gov.cn:8443/gateway/cgi-bin/webhook/send?key={KEY}", PRIVATE),
    ],
)
def test_the_key_is_found(pasted: str, base: str) -> None:
    settings = {"key": pasted, "api_base": base}
    assert WecomRobot.from_settings(settings, httpx.AsyncClient()).key == KEY


@pytest.mark.parametrize("pasted", [TOKEN, f"{DINGTALK}?access_token={TOKEN}"])
def test_the_token_of_dingtalk_is_found(pasted: str) -> None:
    assert DingtalkRobot.from_settings({"token": pasted}, httpx.AsyncClient()).token == TOKEN


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        (KEY, "https://open.feishu.cn"),
        (f"{FEISHU}/{KEY}", "https://open.feishu.cn"),
        (f"https://open.larksuite.com/open-apis/bot/v2/hook/{KEY}", "https://open.larksuite.com"),
    ],
)
def test_the_token_of_feishu_is_the_last_step_of_its_path(pasted: str, base: str) -> None:
    settings = {"token": pasted, "api_base": base}
    assert FeishuRobot.from_settings(settings, httpx.AsyncClient()).token == KEY


# what was pasted                                                       what the sentence says
FAULTS = [
    (f"{SEND}?key={KEY}{SEND}?key={KEY}", "两遍"),
    (f"https://oapi.dingtalk.com/robot/send?key={KEY}", "主机"),
    (f"https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key={KEY}", "主机"),
    (f"https://user@qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", "用户名"),
    (f"https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key={KEY}", "用户名"),
    (f"https://qyapi.weixin.qq.com/cgi-bin/message/send?key={KEY}", "路径"),
    (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send/?key={KEY}", "路径"),
    (f"https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key={KEY}", "端口"),
    (f"https://qyapi.weixin.qq.com:99999/cgi-bin/webhook/send?key={KEY}", "不是有效的网址"),
    (f"https://[qyapi/cgi-bin/webhook/send?key={KEY}", "不是有效的网址"),
    (f"http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", "https"),
    (f"ftp://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", "https"),
    (f"qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", "https"),
    (f"{SEND}?key={KEY}&key={KEY}", "两个 key"),
    (f"{SEND}?key={KEY}&debug=1", "别的参数"),
    (f"{SEND}?key={KEY}#top", "#"),
    (f"{SEND}?token={KEY}", "没有 key="),
    (SEND, "没有 key="),
    (f"{SEND}?key=", "不是有效的密钥"),
    (f"{SEND}?key={KEY[:18]} {KEY[18:]}", "空格"),
    (f"{KEY[:18]} {KEY[18:]}", "不是有效的密钥"),
    ("693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "示例"),
    (f"{SEND}?key=693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", "示例"),
    ("633a31f6-7f9c-4bc4-97a0-0ec1eefa5898", "示例"),
    ("YOUR_KEY_HERE", "示例"),
    ("00000000-0000-0000-0000-000000000000", "示例"),
    ("请填写密钥", "不是有效的密钥"),
]


@pytest.mark.parametrize(("pasted", "sentence"), FAULTS)
def test_a_wrong_paste_is_refused_with_its_fault_and_without_the_key(
    pasted: str, sentence: str
) -> None:
    with pytest.raises(ChannelConfigError) as refused:
        build("wecom_robot", {"key": pasted}, httpx.AsyncClient())
    message = str(refused.value)
    assert "wecom_robot 渠道的“key”" in message
    assert sentence in message
    assert message.endswith("。")
    assert KEY not in message


# kind            what was pasted                                          the sentence
OTHERS = [
    ("dingtalk_robot", f"{DINGTALK}?key={TOKEN}", "没有 access_token="),
    ("dingtalk_robot", f"{DINGTALK}?access_token={TOKEN}&timestamp=1&sign=x", "别的参数"),
    ("dingtalk_robot", f"{DINGTALK}?access_token={TOKEN}{DINGTALK}?access_token={TOKEN}", "两遍"),
    ("dingtalk_robot", f"{SEND}?key={TOKEN}", "主机"),
    ("dingtalk_robot", f"{DINGTALK}?access_token=XXXXXX", "示例"),
    ("dingtalk_robot", "566cc69da782ec******", "不是有效的密钥"),
    ("dingtalk_robot", f"https://oapi.dingtalk.com/topapi/robot?access_token={TOKEN}", "路径"),
    ("feishu_robot", f"https://open.feishu.cn/open-apis/bot/hook/{TOKEN}", "路径"),
    ("feishu_robot", f"{FEISHU}/{TOKEN}/", "路径"),
    ("feishu_robot", f"{FEISHU}/{TOKEN}?debug=1", "多余"),
    ("feishu_robot", f"{FEISHU}/", "不是有效的密钥"),
    ("feishu_robot", f"{FEISHU}/{FEISHU}/{TOKEN}", "两遍"),
    ("feishu_robot", f"{FEISHU}/xxxxxxxxxxxxxxxxx", "示例"),
    (
        "feishu_robot",
        f"https://open.larksuite.com/open-apis/bot/v2/hook/{TOKEN}",
        "主机应为 open.feishu.cn",
    ),
]


@pytest.mark.parametrize(("kind", "pasted", "sentence"), OTHERS)
def test_the_other_robots_refuse_a_wrong_paste_as_well(
    kind: str, pasted: str, sentence: str
) -> None:
    with pytest.raises(ChannelConfigError) as refused:
        build(kind, {"token": pasted}, httpx.AsyncClient())
    message = str(refused.value)
    assert f"{kind} 渠道的“token”" in message
    assert sentence in message
    assert TOKEN not in message
