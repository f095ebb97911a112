"""签收 Acknowledgement: somebody has taken a matter into hand and need not be nagged for a while.

It keeps back the alerts to the handlers until `resumes_at`: while it is not late, until the next
rung of its ladder; while it is late, until the next rung on which it is put to the head, the leader
or the superior; with a date, until the morning of that day. Those are told all the same. Rows are
only added; the latest of the version of the date counts, so that a moved date ends it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine import journal
from engine.agency import Agency
from engine.database import Instant, words
from engine.errors import NotAllowed
from engine.instants import at, local_day, written
from engine.ladder import MOVED, Dates, next_rung, stage
from engine.obligations import STATUS_NAMES, Obligation, Status, get_obligation
from engine.units import Role
from engine.workdays import WorkCalendar

LONGEST = 10  # working days; also where no rung would end it: nothing falls silent for good


class Via(StrEnum):
    """How it was acknowledged."""

    LINK = "link"
    WECOM = "wecom"
    MAIL = "mail"
    API = "api"
    PAGE = "page"


VIA_NAMES = {
    Via.LINK: "链接",
    Via.WECOM: "企业微信",
    Via.MAIL: "邮件回复",
    Via.API: "接口",
    Via.PAGE: "页面",
}


class Acknowledgement(SQLModel, table=True):
    """签收. `rung` is the handlers' rung on which the obligation stood, `due_version` the version of
    the date that it is about; `until` is the day that the person asked for, if any."""

    __table_args__ = (
        Index("ix_acknowledgement_obligation_id", "obligation_id", "due_version"),
        Index("ix_acknowledgement_resumes_at", "resumes_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    due_version: int
    rung: str
    by: str
    via: Via = Field(sa_column=Column(words(Via), nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    until: date | None = None
    resumes_at: datetime = Field(sa_column=Column(Instant, nullable=False))


def acknowledge(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    *,
    by: str,
    via: Via,
    until: date | None = None,
    now: datetime,
) -> tuple[Acknowledgement, bool]:
    """签收, in the caller's writing transaction. The second value says whether it is new: while one
    holds, the same again changes nothing, whoever asks; another date does.

    `until` is a working day (Asia/Shanghai) at most ten working days ahead, and not after the due
    day of what is not late. Raises NotFound, NotAllowed.
    """
    row = session.get(Obligation, obligation_id, with_for_update=True)
    row = row or get_obligation(session, obligation_id)
    if row.status is not Status.OPEN:
        raise NotAllowed(f"待办事项 {obligation_id} {STATUS_NAMES[row.status]}，不用签收")
    local = agency.calendar_of(row.unit, calendar)
    if until:
        _check_until(row, until, local, now)
    held = acknowledgements_of(session, [row]).get(obligation_id)
    if held and held.resumes_at > now and until in (None, held.until):
        return held, False
    found = _acknowledgement(agency, local, row, by, via, until, now)
    session.add(found)
    session.flush()
    rest = f"暂缓提醒至{until}" if until else f"{written(found.resumes_at)}前不再提醒"
    journal.write(
        session, obligation_id, now, "acknowledge", by, f"签收（{VIA_NAMES[via]}），{rest}"
    )
    return found, True


def _check_until(row: Obligation, until: date, calendar: WorkCalendar, now: datetime) -> None:
    today = local_day(now)
    if until <= today:
        raise NotAllowed(f"暂缓提醒至{until}：应是今天以后的日期")
    if not row.overdue(now) and until > row.due_on:
        raise NotAllowed(f"暂缓提醒至{until}：不能晚于到期日{row.due_on}")
    latest = calendar.add(today, LONGEST)
    if until > latest:
        raise NotAllowed(f"暂缓提醒至{until}：最多{LONGEST}个工作日，不能晚于{latest}")
    if not calendar.is_workday(until):
        raise NotAllowed(f"暂缓提醒至{until}：这一天不上班，请选工作日")


def _acknowledgement(
    agency: Agency,
    calendar: WorkCalendar,
    row: Obligation,
    by: str,
    via: Via,
    until: date | None,
    now: datetime,
) -> Acknowledgement:
    assert row.id is not None
    ladder, hours = agency.ladder_of(row.rule, row.unit), agency.hours
    dates = Dates(row.opens_on, row.due_on, row.due_at, row.act_by)
    day, following = until, None
    if day is None:
        following = next_rung(ladder, dates, now, calendar, hours, row.overdue(now))
        day = calendar.add(local_day(now), LONGEST)
    return Acknowledgement(
        obligation_id=row.id,
        due_version=row.version,
        rung=stage(ladder, dates, now, calendar, hours),
        by=by,
        via=via,
        at=now,
        until=until,
        resumes_at=following or at(day, hours.begin),
    )


def acknowledgements_of(
    session: Session, rows: Iterable[Obligation]
) -> Mapping[int, Acknowledgement]:
    """By obligation the latest acknowledgement of its date as it is now."""
    versions = {row.id: row.version for row in rows}
    query = select(Acknowledgement).where(col(Acknowledgement.obligation_id).in_(versions))
    found = session.exec(query.order_by(col(Acknowledgement.id))).all()
    return {
        one.obligation_id: one for one in found if versions[one.obligation_id] == one.due_version
    }


_LATER = aliased(Acknowledgement)
_REPLACED = select(_LATER.id).where(
    _LATER.obligation_id == Acknowledgement.obligation_id,
    _LATER.due_version == Acknowledgement.due_version,
    col(_LATER.id) > col(Acknowledgement.id),
)
_IN_HAND = select(Acknowledgement.obligation_id, Acknowledgement.due_version).where(
    col(Acknowledgement.resumes_at) > bindparam("now"), ~_REPLACED.exists()
)


def acknowledged(session: Session, now: datetime) -> Callable[[Obligation, str, Role], bool]:
    """Is an obligation's alert on a rung, for a role, kept back at `now`, as somebody has the matter
    in hand? That a date was moved is told in any case, and so are head, leader and superior."""
    in_hand = set(session.exec(_IN_HAND, params={"now": now}).all())

    def kept_back(row: Obligation, rung: str, role: Role) -> bool:
        ordinary = rung != MOVED and role is Role.HANDLER
        return ordinary and (row.id, row.version) in in_hand

    return kept_back
