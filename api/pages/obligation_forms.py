"""The forms of one obligation, as the API takes what is typed into them."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from api.errors import BadInput
from api.obligation_rows import ObligationChange
from api.pages.form_words import in_form_words
from engine.instants import local_day
from rules.amounts import Amount, Measure

# By form the fields that it has, and the type of change that it asks for.
FORMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "complete": ("complete", ("evidence",)),
    "extend": ("extend", ("at", "amount", "approver", "clause", "reason")),
    "exclude": ("exclude", ("from", "to", "clause", "reason")),
    "restart": ("restart", ("at", "clause", "reason")),
    "waive": ("waive", ("reason",)),
    "reopen": ("reopen", ("reason",)),
    "acknowledge": ("acknowledge", ("until",)),
    "correct": ("correct", ("at", "from", "to", "amount", "approver", "entry", "reason")),
    "void": ("correct", ("entry", "reason")),
    "start": ("correct", ("at", "reason")),
}


def change_of(
    typed: Mapping[str, str], measure: Measure | None, now: datetime
) -> tuple[str, ObligationChange]:
    """Which form it was, and the change that it asks for; amounts are of the limit's own measure.
    Raises BadInput."""
    form = typed.get("form", "")
    if form not in FORMS:
        raise BadInput("表单读不懂，请刷新页面再试")
    type_, fields = FORMS[form]
    given: dict[str, object] = {name: typed[name] for name in fields if typed.get(name)}
    if "amount" in given:
        given["amount"] = _amount(typed["amount"], measure)
    if form == "complete" and (at := completion_time(typed, now)):
        given["at"] = at
    if form == "void":
        given["void"] = True
    try:
        return form, ObligationChange.model_validate({"type": type_, **given})
    except ValidationError as fault:
        raise BadInput(in_form_words(fault)) from None


def completion_time(typed: Mapping[str, str], now: datetime) -> str | None:
    """The day and the time of a completion as the API takes them; none for today without a time,
    which means now."""
    day, time, today = typed.get("day", ""), typed.get("time", ""), f"{local_day(now)}"
    if time:
        return f"{day or today}T{time}"
    return None if day in ("", today) else day


def _amount(text: str, measure: Measure | None) -> str:
    if measure is None or not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 10_000):
        raise BadInput("延长：应是大于零的整数")
    return Amount(int(text), measure).written
