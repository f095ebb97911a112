"""The heartbeat: one call, guarded like every address that somebody else chose."""

import asyncio

import pytest

from notifiers.errors import ChannelConfigError
from notifiers.heartbeat import Heartbeat
from tests.servers.watchman import Watchman


def test_a_call_that_is_taken() -> None:
    with Watchman() as watchman:
        heartbeat = Heartbeat.at(f"{watchman.base}/ping/canary", ["127.0.0.0/8"], False)
        assert asyncio.run(heartbeat.beat()) == ""
        assert watchman.calls == [("GET", "/ping/canary")]
    assert "canary" not in repr(heartbeat)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("status:404", "对方回答 HTTP 404"), ("status:302", "对方回答 HTTP 302"), ("reset_after_accept", "没有等到回应")],
)  # fmt: skip
def test_a_call_that_is_not_taken_says_why(fault: str, words: str) -> None:
    with Watchman() as watchman:
        watchman.fail_next(fault)
        heartbeat = Heartbeat.at(f"{watchman.base}/ping", ["127.0.0.0/8"], False)
        assert words in asyncio.run(heartbeat.beat())


def test_a_name_that_leads_into_the_house_is_not_called() -> None:
    with Watchman() as watchman:
        address = watchman.base.replace("127.0.0.1", "localhost")
        assert "没有连接" in asyncio.run(Heartbeat.at(address, [], False).beat())
        assert watchman.calls == []


@pytest.mark.parametrize(
    ("address", "allow", "words"),
    [
        ("http://ping.agency.gov.cn/x", [], "allow_http"),
        ("ping.agency.gov.cn", [], "https://"),
        ("https://10.0.0.8/ping", [], "allow"),
        ("https://10.0.0.8/ping", ["0.0.0.0/0"], "内网网段"),
        ("https://10.0.0.8/ping", ["ten"], "网段的列表"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(
    address: str, allow: list[str], words: str
) -> None:
    with pytest.raises(ChannelConfigError, match=r"^\[watch\] 的“") as refused:
        Heartbeat.at(address, allow, False)
    assert words in str(refused.value)
