"""What officers paste, and the sentence that each mistake gets."""

from urllib.parse import SplitResult, urlsplit

import httpx
import pytest

from notifiers.errors import ChannelConfigError
from notifiers.registry import build
from notifiers.wecom_key import read_key
from tests.notifiers.scripted import KEY

VENDOR = urlsplit("https://qyapi.weixin.qq.com")
PRIVATE = urlsplit("https://wx.agency.gov.cn:8443/gateway")
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
def test_the_key_is_found(pasted: str, base: SplitResult) -> None:
    assert read_key(pasted, base) == KEY


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
