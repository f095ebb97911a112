"""Channels over HTTP: what is asked of them, and their JSON object."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas import Asked, Line
from engine.channels import ChannelState
from engine.confirmation import how_to_confirm
from engine.instants import local_iso
from engine.line_states import LineNow


class TestMessage(Asked):
    """Body of `POST channels/{id}/test`."""

    to: Annotated[Line, Field(max_length=200, description="收件地址或账号；发给群的渠道不写")] = ""


class Confirmation(Asked):
    """Body of `POST channels/{id}/confirm`."""

    code: Annotated[str, Field(pattern=r"^[0-9]{4}$", description="测试消息里的四位确认码")]


def channel_row(
    id_: str, kind: str, state: ChannelState | None, waiting: int, line: LineNow | None
) -> dict[str, Any]:
    """A channel and what its owner should do; null where it is in order. `line` is null for a channel
    without a long connection."""
    reason = state.disabled_reason if state else ""
    confirmed_at = state.confirmed_at if state else None
    advice = None if confirmed_at else f"未确认：{how_to_confirm(id_)}"
    if line and not line.connected:
        advice = line.in_words
    if reason:
        advice = f"已停用：{reason}；修好后用 send-test 恢复"
    return {
        "id": id_,
        "kind": kind,
        "disabled": bool(reason),
        "disabled_at": local_iso(state.disabled_at) if state else None,
        "hold_until": local_iso(state.hold_until) if state else None,
        "waiting": waiting,
        "confirmed_at": local_iso(confirmed_at),
        "line": _line_row(line) if line else None,
        "advice": advice,
    }


def _line_row(line: LineNow) -> dict[str, Any]:
    return {
        "connected": line.connected,
        "since": local_iso(line.up_since or line.down_since),
        "held_by": line.holder or None,
        "heard_at": local_iso(line.heard_at),
        "fault": line.fault or None,
        "fault_at": local_iso(line.fault_at),
    }
