"""登记: entering units and duties beside the configuration file, each with who decided it and why.

The page, the interface and the spreadsheet come through here. What is entered is checked by the code
that checks the configuration, and derived in the same transaction.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from engine import journal
from engine.agency import Agency
from engine.current_agency import CurrentAgency
from engine.derivation import derive
from engine.duties import Duty
from engine.duty_entries import DutyEntry
from engine.errors import NotAllowed, NotFound
from engine.registrations import ladder_named
from engine.unit_entries import entry_of
from engine.units import ROLE_NAMES, Contact, Unit
from engine.workdays import FIRST_DAY, LAST_DAY, WorkCalendar


class Effect(StrEnum):
    """What an entry does."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Decision:
    """Who decides, why, and when."""

    by: str
    reason: str
    now: datetime


@dataclass(frozen=True)
class DutyTerms:
    """A duty as somebody wants it; `ladder` is the name of a configured one, empty for the office's."""

    rule: str
    unit: str
    since: date
    until: date | None = None
    ladder: str = ""

    @property
    def key(self) -> str:
        """As that of the duty."""
        return f"{self.rule}@{self.unit}"


def register_unit(session: Session, agency: Agency, unit: Unit, decision: Decision) -> Effect:
    """Enter a unit, new or changed; an empty region is the office's own. What was there already is
    not entered again. Raises NotAllowed for a configured unit; what does not fit is refused when
    the agency is made anew."""
    before = agency.units.get(unit.id)
    changes = changes_of_unit(before, unit, agency)
    if before and not changes:
        return Effect.UNCHANGED
    if before and unit.id not in agency.registered_units:
        raise NotAllowed(
            f"单位 {unit.id} 写在配置文件的 [[unit]] 中，请在配置文件中修改，再重新启动服务"
        )
    told = _told(decision)
    session.add(entry_of(unit, by=decision.by, at=decision.now, reason=decision.reason))
    what = (
        f"修改单位 {before.name}（{unit.id}）" if before else f"登记单位 {unit.name}（{unit.id}）"
    )
    text = f"{what}：{'；'.join(changes)}{told}"
    journal.write_of_office(session, decision.now, "unit", decision.by, text)
    return Effect.CHANGED if before else Effect.NEW


def register_duty(session: Session, agency: Agency, duty: DutyTerms, decision: Decision) -> Effect:
    """Enter a duty, new or changed. What was there already is not entered again. Raises NotFound,
    and NotAllowed for a configured duty or days that cannot be."""
    new = NewDuties(decision)
    effect = new.add(agency, duty)
    new.store(session)
    return effect


@dataclass
class NewDuties:
    """Duties that are entered together: a table has thousands, and one by one they would keep whoever
    else wants to write waiting for seconds."""

    decision: Decision
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)

    def add(self, agency: Agency, duty: DutyTerms) -> Effect:
        """One of them. Raises what `register_duty` raises."""
        wanted = check_duty(agency, duty)
        before = agency.duties.get(duty.key)
        if before == wanted:
            return Effect.UNCHANGED
        _refuse_configured(agency, duty.rule, duty.unit)
        name = agency.units[duty.unit].name
        what = f"修改{name}对规则 {duty.rule} 的责任" if before else f"{name}承担规则 {duty.rule}"
        self.enter(duty, f"{what}：{_in_words(duty)}{_told(self.decision)}")
        return Effect.CHANGED if before else Effect.NEW

    def enter(self, duty: DutyTerms, text: str) -> None:
        """As it is, with what the journal says of it."""
        why = {"by": self.decision.by, "at": self.decision.now, "reason": self.decision.reason}
        self._rows.append({**asdict(duty), **why})
        self._told.append(text)

    def store(self, session: Session) -> None:
        """All that was added."""
        if self._rows:
            session.connection().execute(insert(DutyEntry), self._rows)
            decided = self.decision
            journal.write_all_of_office(session, decided.now, "duty", decided.by, self._told)


def end_duty(
    session: Session, agency: Agency, rule: str, unit: str, last: date, decision: Decision
) -> None:
    """End a duty with its last day; with one before its first it is taken back. Raises NotFound,
    NotAllowed."""
    duty = agency.duties.get(f"{rule}@{unit}")
    if duty is None:
        raise NotFound(
            f"单位“{unit}”没有规则 {rule} 的责任，或者它随旧条文延续：请终止旧条文的责任"
        )
    _refuse_configured(agency, rule, unit)
    if duty.until and duty.until <= last:
        raise NotAllowed(f"这项责任到 {duty.until} 为止，不必再终止")
    if not FIRST_DAY <= last <= LAST_DAY:
        raise NotAllowed(f"末日 {last} 超出工作日历（{FIRST_DAY}至{LAST_DAY}）")
    ladder = "" if duty.ladder == agency.ladder else duty.ladder.id
    ends = f"末日 {last}" if last >= duty.since else "撤回，不再要求"
    text = f"终止{agency.units[unit].name}对规则 {rule} 的责任：{ends}{_told(decision)}"
    new = NewDuties(decision)
    new.enter(DutyTerms(rule, unit, duty.since, last, ladder), text)
    new.store(session)


def check_duty(agency: Agency, duty: DutyTerms) -> Duty:
    """The duty as it would stand. Raises NotFound, NotAllowed."""
    if duty.unit not in agency.units:
        raise NotFound(f"没有编号为“{duty.unit}”的单位，请先登记单位")
    if duty.rule not in agency.catalogue.rules:
        raise NotFound(f"没有规则“{duty.rule}”，请在“规则与口径”页面或用 qixian rules 查编号")
    if duty.until and duty.until < duty.since:
        raise NotAllowed(f"末日 {duty.until} 早于起始日 {duty.since}，请改正")
    for name, day in (("起始日", duty.since), ("末日", duty.until)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise NotAllowed(f"{name} {day} 超出工作日历（{FIRST_DAY}至{LAST_DAY}）")
    ladder = ladder_named(agency, duty.ladder)
    if ladder is None:
        known = "、".join(agency.named_ladders)
        raise NotFound(f"没有提醒策略“{duty.ladder}”，可用：{known}")
    return Duty(duty.rule, duty.unit, duty.since, duty.until, ladder)


def changes_of_unit(before: Unit | None, after: Unit, agency: Agency) -> list[str]:
    """What is another, in words; of a new unit all that it has. Numbers and addresses are not told:
    they stand in the entry."""
    old, new = _facts(before, agency), _facts(after, agency)
    if before is None:
        return [f"{name} {value}" for name, value in new.items() if value and name != "名称"]
    changed = [f"{name}由“{old[name]}”改为“{new[name]}”" for name in new if old[name] != new[name]]
    if not changed and before.contacts != after.contacts:
        return ["联系人的号码或地址有改动"]
    return changed


def _facts(unit: Unit | None, agency: Agency) -> dict[str, str]:
    if unit is None:
        return {}
    return {
        "名称": unit.name,
        "上级": unit.parent,
        "别名": "、".join(unit.aliases),
        "联系人": "、".join(map(_person, unit.contacts)),
        "渠道": "、".join(unit.channels),
        "地区": unit.region or agency.region,
    }


def _person(contact: Contact) -> str:
    substitute = f"，代办人{contact.substitute}" if contact.substitute else ""
    return f"{contact.name}（{ROLE_NAMES[contact.role]}{substitute}）"


def _refuse_configured(agency: Agency, rule: str, unit: str) -> None:
    key = f"{rule}@{unit}"
    if key in agency.duties and key not in agency.registered_duties:
        raise NotAllowed(
            f"单位 {unit} 对规则 {rule} 的责任写在配置文件的 [[duty]] 中，"
            "请在配置文件中修改，再重新启动服务"
        )


def _in_words(duty: DutyTerms) -> str:
    until = f"至 {duty.until}" if duty.until else "起"
    ladder = f"，提醒策略 {duty.ladder}" if duty.ladder else ""
    return f"{duty.since} {until}{ladder}"


def _told(decision: Decision) -> str:
    return f"；理由：{decision.reason}" if decision.reason else ""


def settle(session: Session, current: CurrentAgency, calendar: WorkCalendar, now: datetime) -> int:
    """Check what was entered against all the rest, and derive what it asks for, in the caller's
    transaction; how many obligations are new. Raises BadAgency: then nothing may be committed."""
    return derive(session, current.agency_in(session), calendar, now)
