"""Ten thousand texts of Chinese, emoji and markdown: each part fits its channel, and joined again the
parts are what went in."""

import random
import re

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.digest import Composer
from engine.digest_items import Item
from engine.wording import bytes_of, on_one_line, visible
from notifiers.console import Console
from notifiers.dingtalk_robot import DingtalkRobot
from notifiers.feishu_robot import FeishuRobot
from notifiers.mail import Mail
from notifiers.message import Markup
from notifiers.webhook import Webhook
from notifiers.wecom_application import WecomApplication
from notifiers.wecom_file import file_of, heading_of
from notifiers.wecom_robot import WecomRobot
from notifiers.zhezhengding import Zhezhengding
from tests.builders import CALENDAR, build_agency, build_obligation, build_rule, build_unit, instant

NOW = instant("2026-10-12T09:00")
PIECES = (
    *"政务公开财政收支龘𠮷，。（）【】《》“”　 ab1-+.!",
    *("😀", "👨‍👩‍👧‍👦", "🇨🇳", "é", "\u202e", "\u200d", "\ufeff"),
    *(
        "*",
        "**",
        "_",
        "`",
        "```",
        "#",
        "> ",
        "- [ ] ",
        "[x](http://e.cn)",
        "<@all>",
        "<font>",
        "|",
        "~~",
    ),
)
FORMATS = ("markdown", "markdown_v2", "text", "card", "file")
ROBOT = [WecomRobot(httpx.AsyncClient(), "https://e", "key", one) for one in FORMATS]
CHANNELS = [(one.markup, one.limit) for one in ROBOT]
CHANNELS += [
    (kind.markup, kind.limit)
    for kind in (Console, DingtalkRobot, FeishuRobot, Mail, Webhook, WecomApplication, Zhezhengding)
]
EXAMPLES, MESSAGES, MATTERS = 100, 25, 4  # ten thousand texts
UNIT = build_unit(people=("张三", "李四"))


def texts(seed: int) -> list[str]:
    """Of one message."""
    chance = random.Random(seed)
    sizes = [chance.randint(1, 40) for _ in range(MATTERS)]
    return ["公" + "".join(chance.choices(PIECES, k=size)) + "开" for size in sizes]


@given(st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_every_part_fits_and_joined_they_are_the_whole(seed: int) -> None:
    for number in range(MESSAGES):
        quotes = texts(seed + number)
        markup, limit = CHANNELS[(seed + number) % len(CHANNELS)]
        check(quotes, markup, limit)


def check(quotes: list[str], markup: Markup, limit: int) -> None:
    rules = [build_rule(f"paper-1-{n:02}", quote=quote) for n, quote in enumerate(quotes)]
    agency = build_agency(rules, [], units=[UNIT], public_url="http://10.0.0.8:8000/")
    rows = [build_obligation("2026-10-16", rule=rule.id, id=n) for n, rule in enumerate(rules, 1)]
    writer = Composer(agency, CALENDAR, markup, NOW, limit)
    parts = writer.pack([Item(row) for row in rows])
    bodies = [writer.compose(part, n, len(parts), False).body for n, part in enumerate(parts, 1)]
    assert all(bytes_of(body) <= limit for body in bodies), (markup, limit)
    shown = visible if markup is Markup.MARKDOWN else str
    joined = [title for body in bodies for title in titles(body)]
    assert joined == [f"{shown(on_one_line(quote))}（2026年10月）" for quote in quotes]
    for body in bodies:
        as_file(body)


def titles(body: str) -> list[str]:
    """The first line of each matter, without its number."""
    lines = (line.removeprefix("**").removesuffix("**") for line in body.split("\n"))
    return [
        re.sub(r"^[0-9]+\. ", "", line, count=1) for line in lines if re.match(r"[0-9]+\. ", line)
    ]


def as_file(body: str) -> None:
    """What is too long for one message of a group: whole lines of it, and all of it in a file."""
    heading = heading_of(body, 400)
    assert bytes_of(heading) <= 400
    assert body.startswith(heading.partition("\n……\n")[0])
    content = file_of(body, NOW).content.decode("utf-8-sig")
    assert content.split("\r\n") == body.splitlines()
