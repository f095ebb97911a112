"""The sentences of the API in the words of a form: what there is called `from` is 起 on the page."""

import re
from typing import Any

from pydantic import ValidationError

from api.faults import fault_in_words

_NAMES = {
    "unit": "单位",
    "status": "状态",
    "document": "文件",
    "rule": "规则",
    "event": "事由",
    "due_from": "到期日起",
    "due_to": "到期日止",
    "within": "今后",
    "q": "事项",
    "limit": "每页",
    "cursor": "翻页",
    "at": "时间",
    "from": "起",
    "to": "止",
    "until": "暂缓提醒至",
    "amount": "延长",
    "approver": "批准人",
    "clause": "依据",
    "entry": "计时记录",
    "evidence": "证据",
    "reason": "理由",
    "correct": "更正",
    "reopen": "恢复",
    "id": "事项",
}
_WORD = re.compile(rf" ?(?<![A-Za-z0-9_“.-])({'|'.join(_NAMES)})(?![A-Za-z0-9_”.-]) ?")


def in_form_words(fault: Exception) -> str:
    """What is wrong, for people who see a form and not the API's keys."""
    if isinstance(fault, ValidationError):
        return _first(fault.errors()[0])
    return _WORD.sub(lambda found: _NAMES[found[1]], str(fault))


def _first(error: Any) -> str:
    place = next((_NAMES.get(step, step) for step in error["loc"] if isinstance(step, str)), "")
    if (
        error["type"] == "string_too_short" and error["input"]
    ):  # of a date; a browser sends none such
        return f"{place}：应写作 2026-03-02"
    return f"{place}：{fault_in_words(error)}"
