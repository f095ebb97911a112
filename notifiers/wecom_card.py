"""A WeCom card with a button (template_card, button_interaction), where it shows the whole message.

developer.work.weixin.qq.com/document/path/90236. What a card has no room for it does not show, so
each limit decides between the card and the same message as text.
"""

import re
from typing import Any

from notifiers.clean_text import clean
from notifiers.message import Matter, Message

BUTTON = "ack"  # the key that comes back when it is pressed
_TASK = re.compile(r"[0-9A-Za-z_@-]{1,128}")
_MOST_ROWS = 6
_TITLE, _SUBTITLE, _NAME, _VALUE = 26, 112, 5, 26  # characters


def button_card(message: Message) -> dict[str, Any] | None:
    """None where the card would not show everything, such as how a date was moved or who stands in
    for whom, or where its reader has nothing to acknowledge but somebody to press."""
    matters = message.matters
    plain = not any(one.moved or one.notes for one in matters)
    if not matters or not plain or not _TASK.fullmatch(message.id):
        return None
    units = {one.unit for one in matters}
    subtitle = _subtitle(matters)
    rows = _rows(matters)
    title = "、".join(units)
    fits = (
        len(units) == 1
        and len(title) <= _TITLE
        and len(subtitle) <= _SUBTITLE
        and len(rows) <= _MOST_ROWS
        and all(len(name) <= _NAME and len(value) <= _VALUE for name, value in rows)
    )
    if not fits:
        return None
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "source": {"desc": "期限提醒"},
        "main_title": {"title": title},
        "sub_title_text": subtitle,
        "horizontal_content_list": [{"keyname": name, "value": value} for name, value in rows],
        "task_id": message.id,
        "button_list": [{"text": "签收", "style": 1, "key": BUTTON}],
    }
    if message.link:
        card["card_action"] = {"type": 1, "url": message.link}
    return card


def _subtitle(matters: tuple[Matter, ...]) -> str:
    if len(matters) == 1:
        return clean(matters[0].title)
    return "\n".join(f"{number}. {clean(one.title)}" for number, one in enumerate(matters, 1))


def _rows(matters: tuple[Matter, ...]) -> list[tuple[str, str]]:
    if len(matters) == 1:
        (one,) = matters
        early = [("宜办", one.early)] if one.early else []
        return [("期限", one.due), *early, ("剩余", one.left)]
    return [
        (f"第{number}项", "，宜".join(filter(None, (f"{one.due}，{one.left}", one.early))))
        for number, one in enumerate(matters, 1)
    ]
