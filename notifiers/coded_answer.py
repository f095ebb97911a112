"""Answers of vendors whose HTTP status is 200 for errors too: a code in the body decides."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from notifiers.http_client import Answer, judge_status
from notifiers.message import Fault, Outcome, OutcomeKind

ACCEPTED = Outcome(OutcomeKind.ACCEPTED)


@dataclass(frozen=True)
class Vendor:
    """How a vendor answers. `judge` gives the outcome of a code and its words, None where the
    code is not known; `code_keys` are tried in order."""

    name: str
    judge: Callable[[int, str], Outcome | None]
    code_keys: tuple[str, ...] = ("errcode",)
    words_keys: tuple[str, ...] = ("errmsg",)


def wait(seconds: int, advice: str, hold: bool = False) -> Outcome:
    """To be sent again; `hold` where the whole credential has to wait."""
    return Outcome(
        OutcomeKind.RETRY, retry_after=timedelta(seconds=seconds), hold=hold, advice=advice
    )


def rejected(fault: Fault, advice: str) -> Outcome:
    return Outcome(OutcomeKind.REJECTED, fault, advice=advice)


def judge_coded(answer: Answer, now: datetime, vendor: Vendor) -> Outcome:
    """The outcome of an answer; `detail` is still to be redacted."""
    by_status = judge_status(answer, now)
    if by_status:
        return by_status
    told = parse(answer.body)
    code = next((told[key] for key in vendor.code_keys if key in told), None)
    if isinstance(code, int) and not isinstance(code, bool):
        if code == 0 and answer.status >= 400:
            return replace(not_theirs(answer, vendor.name), code=str(answer.status))
        words = next((str(told[key]) for key in vendor.words_keys if key in told), "")
        outcome = vendor.judge(code, words) or unlisted(vendor.name)
        return replace(outcome, code=str(code), detail=words)
    if answer.status >= 400:
        return refused_before(answer, vendor.name)
    return not_theirs(answer, vendor.name)


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; empty where it is none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def not_theirs(answer: Answer, vendor: str) -> Outcome:
    """A page, an empty body, a gateway's own words: nobody can tell what became of the message."""
    return Outcome(
        OutcomeKind.UNKNOWN,
        detail=answer.text,
        advice=f"回应不是{vendor}的格式，可能被网关或登录页拦截，请检查服务器的出口网络。",
    )


def refused_before(answer: Answer, vendor: str) -> Outcome:
    """The vendors answer 200: a 4xx without a code comes from a gateway or a wrong api_base."""
    return Outcome(
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        code=str(answer.status),
        detail=answer.text,
        advice=f"请求没有到达{vendor}，请检查配置中的 api_base 和服务器的出口网络。",
    )


def unlisted(vendor: str) -> Outcome:
    """A refusal in the vendor's own words cannot become a duplicate, whatever its reason. A
    reminder is raised only once: a wrong “rejected” would lose it, a wrong “retry” costs a few
    calls until the engine's own limit ends them."""
    return wait(600, f"{vendor}返回了未收录的错误码，请把错误码告诉系统管理员。")
