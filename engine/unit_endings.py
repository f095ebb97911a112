"""撤销单位: a registered unit that is no more. Its duties end with it, and what is not due yet is waived.

Refused while somebody would be left with what nobody owes: obligations that are due, units below.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import Session, col, func, select

from engine import journal
from engine.accounts import list_accounts
from engine.agency import Agency
from engine.api_tokens import list_tokens
from engine.current_agency import CurrentAgency
from engine.derivation import derive
from engine.errors import NotAllowed, NotFound
from engine.impact import Basis, Impact, derive_and_compare
from engine.instants import local_day
from engine.obligations import Obligation, Status
from engine.registering import Decision, end_duty
from engine.subscriptions import list_subscriptions
from engine.unit_entries import entries_of_unit, entry_of
from engine.units import Unit
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Ended:
    """What was ended: the unit, its duties by their rules, what became of the obligations, and who was
    bound to the unit and sees nothing from now on."""

    unit: Unit
    duties: tuple[str, ...]
    impact: Impact
    bound: tuple[str, ...]


def end_unit(
    session: Session, current: CurrentAgency, calendar: WorkCalendar, id_: str, decision: Decision
) -> Ended:
    """In a transaction of the caller's, which he takes back where it is only tried. Raises NotFound,
    NotAllowed, BadAgency: then nothing may be committed."""
    before = current.agency_in(session)
    _check(before, id_)
    derive(session, before, calendar, decision.now)  # what stands now is no effect of the ending
    _refuse_what_is_due(session, before.units[id_], decision)
    duties = _end_duties(session, before, id_, decision)
    entry = entry_of(before.units[id_], by=decision.by, at=decision.now, reason=decision.reason)
    entry.ended = True
    session.add(entry)
    told = f"撤销单位 {before.units[id_].name}（{id_}）；理由：{decision.reason}"
    journal.write_of_office(session, decision.now, "unit", decision.by, told)
    after = current.agency_in(session)
    # Derived while the unit is still there: without one that it knows, it would refuse a database.
    still = replace(after, units={**after.units, id_: before.units[id_]})
    seen = derive_and_compare(session, Basis(still, calendar), decision.now)
    return Ended(before.units[id_], duties, seen, tuple(_bound(session, id_)))


def check_unused(
    session: Session, agency: Agency, id_: str, visible: Collection[str] | None
) -> None:
    """Who enters a unit sees all that was of its id before: so whoever sees some units only enters no
    id of a unit that was not below his. Raises NotAllowed."""
    if visible is None or id_ in agency.units:
        return
    entries = entries_of_unit(session, id_, 1)
    owed = select(Obligation.id).where(Obligation.unit == id_).limit(1)
    used = bool(entries or _bound(session, id_)) or session.exec(owed).first() is not None
    if used and not (entries and entries[0].parent in visible):
        raise NotAllowed(f"编号“{id_}”是已经撤销的其他单位用过的，请另选编号")


def _check(agency: Agency, id_: str) -> None:
    if id_ not in agency.units:
        raise NotFound(f"没有单位“{id_}”")
    if id_ not in agency.registered_units:
        raise NotAllowed(
            f"单位 {id_} 写在配置文件的 [[unit]] 中，请在配置文件中去掉，再重新启动服务"
        )
    if below := [unit.name for unit in agency.units.values() if unit.parent == id_]:
        raise NotAllowed(
            f"{agency.units[id_].name}还有下级单位：{'、'.join(below)}，请先撤销它们，或者改它们的上级"
        )


def _refuse_what_is_due(session: Session, unit: Unit, decision: Decision) -> None:
    due = (
        Obligation.unit == unit.id,
        Obligation.status == Status.OPEN,
        col(Obligation.due_on) <= local_day(decision.now),
    )
    number = session.exec(select(func.count()).select_from(Obligation).where(*due)).one()
    if number:
        raise NotAllowed(
            f"{unit.name}有 {number} 项已经到期（含今天到期）没有办结，撤销后无人承担；"
            "请先办结，不需办理的写明理由免除"
        )


def _end_duties(session: Session, agency: Agency, id_: str, decision: Decision) -> tuple[str, ...]:
    """With yesterday, or before they began."""
    last = local_day(decision.now) - timedelta(days=1)
    own = [duty for duty in agency.duties.values() if duty.unit == id_]
    running = [duty.rule for duty in own if duty.until is None or duty.until > last]
    for rule in running:
        end_duty(session, agency, rule, id_, last, decision)
    return tuple(running)


def _bound(session: Session, id_: str) -> list[str]:
    accounts = [one for one in list_accounts(session) if one.unit == id_ and not one.disabled]
    tokens = [one for one in list_tokens(session) if one.unit == id_ and not one.revoked_at]
    systems = [one for one in list_subscriptions(session) if one.unit == id_]
    return [
        *(f"帐户 {one.name}" for one in accounts),
        *(f"接口令牌 {one.name}" for one in tokens),
        *(f"订阅 {one.id}" for one in systems),
    ]
