"""Units and duties that people register: requests over HTTP and from forms, and JSON objects."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.configuration import unit_of
from api.errors import BadInput
from api.faults import fault_in_words
from api.schemas import HIDDEN, By, Name, Text
from api.settings_file import ContactTable, UnitTable
from api.typed_dates import day
from engine.agency import Agency
from engine.duties import Duty
from engine.registering import DutyTerms
from engine.units import ROLE_NAMES, Contact, Unit

_HIDDEN = re.compile(f"[{HIDDEN}]")
Reason = Annotated[Text, Field(min_length=1, description="为什么这样定；记入日志")]


def _refuse_hidden(values: Mapping[str, Any]) -> None:
    for value in values.values():
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str) and (_HIDDEN.search(text) or text != text.strip()):
                raise ValueError("首尾不能有空格，也不能含有换行、控制字符或改变书写方向的字符")


class GivenContact(ContactTable):
    """A contact as a form or a request has it: what a [[unit]] may say, in visible text."""

    @model_validator(mode="after")
    def _is_visible(self) -> Self:
        _refuse_hidden(dict(self))
        return self


class GivenUnit(UnitTable):
    """A unit as a form or a request has it: the keys of a [[unit]]."""

    contacts: list[GivenContact] = Field(default=[], max_length=20)  # type: ignore[assignment]

    @model_validator(mode="after")
    def _is_visible(self) -> Self:
        _refuse_hidden(dict(self))
        return self


class NewUnit(GivenUnit):
    """Body of `POST units`."""

    by: By = None
    reason: Reason


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UnitChange(_Request):
    """Body of `POST units/{id}`: the keys that change; `contacts` and `channels` as a whole."""

    name: str | None = None
    parent: str | None = None
    aliases: list[str] | None = None
    contacts: list[GivenContact] | None = None
    channels: list[str] | None = None
    region: str | None = None
    by: By = None
    reason: Reason


class NewDuty(_Request):
    """Body of `POST duties`: legal days, both included; `ladder` is the id of a configured one."""

    rule: Name
    unit: Name
    since: str = Field(alias="from")
    until: str | None = None
    ladder: str = Field(default="", max_length=60)
    by: By = None
    reason: Reason


class DutyEnd(_Request):
    """Body of `POST duties/end`: the last day on which something can fall due; one before the duty's
    first day takes it back."""

    rule: Name
    unit: Name
    until: str
    by: By = None
    reason: Reason


def unit_typed(values: Mapping[str, Any]) -> Unit:
    """The unit that somebody typed, checked as the configuration file's are. Raises BadInput."""
    try:
        return unit_of(GivenUnit.model_validate(dict(values)))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{place_of_fault(first['loc'])}：{fault_in_words(first)}") from None


def place_of_fault(location: tuple[int | str, ...]) -> str:
    """`('contacts', 0, 'mobile')` is 第1位联系人的手机号."""
    names = [_KEYS.get(step, step) for step in location if isinstance(step, str)]
    numbers = [f"第{step + 1}位" for step in location if isinstance(step, int)]
    return "".join(numbers) + "的".join(names) or "单位"


_KEYS = {
    "id": "编号",
    "name": "名称",
    "parent": "上级",
    "aliases": "别名",
    "contacts": "联系人",
    "channels": "渠道",
    "region": "地区",
    "role": "角色",
    "mobile": "手机号",
    "mail": "邮箱",
    "account": "账号",
    "substitute": "代办人",
}


def values_of(unit: Unit, agency: Agency) -> dict[str, Any]:
    """A unit as somebody could type it."""
    return {
        "id": unit.id,
        "name": unit.name,
        "parent": unit.parent,
        "aliases": list(unit.aliases),
        "contacts": list(map(contact_values, unit.contacts)),
        "channels": list(unit.channels),
        "region": unit.region if unit.region != agency.region else None,
    }


def contact_values(contact: Contact) -> dict[str, str]:
    """A contact as somebody could type it."""
    keys = ("name", "mobile", "mail", "account", "substitute")
    return {key: getattr(contact, key) for key in keys} | {"role": ROLE_NAMES[contact.role]}


def duty_typed(rule: str, unit: str, since: str, until: str | None, ladder: str = "") -> DutyTerms:
    """The duty that somebody typed. Raises BadInput."""
    last = day(until, "末日 ") if until else None
    return DutyTerms(rule, unit, day(since, "起始日 "), last, ladder)


def unit_rows(agency: Agency, ids: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    """Units without the addresses of persons; of all units for None."""
    for unit in agency.units.values():
        if ids is None or unit.id in ids:
            yield unit_row(unit, agency)


def unit_row(unit: Unit, agency: Agency) -> dict[str, Any]:
    """One of them; `registered`: not by the configuration file. `entry` is another whenever anything
    of it was changed, also a number or an address, which are not shown."""
    return {
        "id": unit.id,
        "name": unit.name,
        "parent": unit.parent or None,
        "aliases": list(unit.aliases),
        "contacts": [contact.name for contact in unit.contacts],
        "channels": list(unit.channels),
        "region": unit.region,
        "registered": unit.id in agency.registered_units,
        "entry": agency.registered_units.get(unit.id),
    }


def duty_row(duty: Duty, agency: Agency) -> dict[str, Any]:
    """A duty with the days on which it owes; `registered`: not by the configuration file."""
    root = f"{duty.implied_by or duty.rule}@{duty.unit}"
    return {
        "rule": duty.rule,
        "unit": duty.unit,
        "from": duty.since,
        "until": duty.until,
        "ladder": duty.ladder.id,
        "implied_by": duty.implied_by or None,
        "registered": root in agency.registered_duties,
    }
