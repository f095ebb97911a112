"""Channels over HTTP: what is asked of them, and their JSON object."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas import Asked, Line
from engine.channels import ChannelState
from engine.confirmation import how_to_confirm
from engine.instants import local_iso


class TestMessage(Asked):
    """Body of `POST channels/{id}/test`."""

    to: Annotated[Line, Field(max_length=200, description="收件地址或账号；发给群的渠道不写")] = ""


class Confirmation(Asked):
    """Body of `POST channels/{id}/confirm`."""

    code: Annotated[str, Field(pattern=r"^[0-9]{4}$", description="测试消息里的四位确认码")]


def channel_row(id_: str, kind: str, state: ChannelState | None, waiting: int) -> dict[str, Any]:
    """A channel and what its owner should do; null where it is in order."""
    reason = state.disabled_reason if state else ""
    confirmed_at = state.confirmed_at if state else None
    unconfirmed = None if confirmed_at else f"未确认：{how_to_confirm(id_)}"
    return {
        "id": id_,
        "kind": kind,
        "disabled": bool(reason),
        "disabled_at": local_iso(state.disabled_at) if state else None,
        "hold_until": local_iso(state.hold_until) if state else None,
        "waiting": waiting,
        "confirmed_at": local_iso(confirmed_at),
        "advice": f"已停用：{reason}；修好后用 send-test 恢复" if reason else unconfirmed,
    }
