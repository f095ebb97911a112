"""What is said over an intelligent robot's line; developer.work.weixin.qq.com/document/path/101463.

A frame is `{cmd, headers: {req_id}, body}`; its answer has no cmd, the same req_id, and an errcode.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SUBSCRIBE, PING, SEND = "aibot_subscribe", "ping", "aibot_send_msg"
UPDATE, EVENT = "aibot_respond_update_msg", "aibot_event_callback"
UNSUBSCRIBED = (
    846609  # the connection is there and may be pinged, but it is not the robot's any more
)

Frame = Mapping[str, Any]


@dataclass(frozen=True)
class Press:
    """点击: a card's button that somebody pressed, as the line tells it. `request` is what the change
    of the card has to name, within five seconds."""

    request: str
    id: str
    account: str
    chat: str
    card: str
    button: str
    time: str


def written(cmd: str, request: str, body: Mapping[str, Any] | None) -> str:
    """A frame to send."""
    frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": request}}
    if body is not None:
        frame["body"] = body
    return json.dumps(frame, ensure_ascii=False)


def read(text: str | bytes) -> Frame:
    """A frame that came; empty where it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def request_of(frame: Frame) -> str:
    return str(_part(frame, "headers").get("req_id"))


def is_displacement(frame: Frame) -> bool:
    """Has another connection of the same robot taken this one's place?"""
    event = _part(_part(frame, "body"), "event")
    return frame.get("cmd") == EVENT and event.get("eventtype") == "disconnected_event"


def press_of(frame: Frame) -> Press | None:
    """The press that a frame tells of; None where it tells of something else."""
    body = _part(frame, "body")
    event = _part(body, "event")
    if frame.get("cmd") != EVENT or event.get("eventtype") != "template_card_event":
        return None
    told = _part(event, "template_card_event") or event
    account = str(_part(body, "from").get("userid") or "")
    return Press(
        request=request_of(frame),
        id=str(body.get("msgid") or ""),
        account=account,
        chat=str(body.get("chatid") or account),
        card=str(told.get("task_id") or told.get("taskid") or ""),
        button=str(told.get("event_key") or ""),
        time=str(body.get("create_time") or ""),
    )


def _part(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = told.get(key)
    return part if isinstance(part, dict) else {}
