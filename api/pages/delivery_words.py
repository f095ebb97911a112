"""What the pages of 送达 have in common: words for rungs and outcomes, and the reason of a person."""

import re
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from api.errors import BadInput
from api.faults import fault_in_words
from api.schemas import Text
from notifiers.message import Fault, OutcomeKind

OUTCOME_NAMES = {
    OutcomeKind.ACCEPTED: "已接收",
    OutcomeKind.RETRY: "稍后再试",
    OutcomeKind.REJECTED: "拒收",
    OutcomeKind.UNKNOWN: "不明",
    OutcomeKind.SKIPPED: "未发送",
}
FAULT_NAMES = {Fault.CONTENT: "内容", Fault.RECIPIENT: "收件人", Fault.CONFIG: "渠道配置"}
_ROLES = {"head": "告知负责人", "leader": "告知分管领导", "superior": "告知上级单位"}
_REASON: TypeAdapter[str] = TypeAdapter(Annotated[Text, Field(min_length=1)])


def rung_in_words(name: str) -> str:
    """`提前5个工作日`, `逾期1个工作日，告知上级单位`; a name that we do not know as it is."""
    if name == "moved":
        return "日期变动"
    found = re.fullmatch(r"(?:(head|leader|superior)(?=[+:]))?:?(.+)", name)
    role, rest = (found[1], found[2]) if found else (None, name)
    words = _when(rest)
    if words is None:
        return name
    return f"{words}，{_ROLES[role]}" if role else words


def _when(name: str) -> str | None:
    if found := re.fullmatch(r"(\+?)([0-9]+)", name):
        if found[1]:
            return f"逾期{found[2]}个工作日"
        return f"提前{found[2]}个工作日" if found[2] != "0" else "当日"
    if found := re.fullmatch(r"hours(?::(.+))?", name):
        fixed = {None: "限时", "start": "开始计时", "0": "时限已到"}
        return fixed.get(found[1], f"剩{found[1]}小时")
    return None


def checked_reason(typed: str) -> str:
    """One line of text. Raises BadInput."""
    try:
        return _REASON.validate_python(typed)
    except ValidationError as fault:
        words = fault_in_words(fault.errors()[0])
        raise BadInput(f"原因：{words}，请写明为什么要重新发送") from None
