"""静默 Silence: no ordinary reminders of some matters until an instant, by whom and why.

What is limited by the hour, and what is put to heads, leaders and superiors, is never silenced:
a silence spares the handlers a reminder, it does not hide that something is late.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam, or_
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine import journal
from engine.agency import Agency
from engine.database import Instant
from engine.errors import NotAllowed, NotFound
from engine.instants import end_of, local_day, written
from engine.obligations import Obligation, open_obligation

LONGEST = timedelta(days=30)


class Silence(SQLModel, table=True):
    """静默. Exactly one of `obligation_id`, `rule` and `unit` says of what."""

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int | None = Field(default=None, foreign_key="obligation.id", index=True)
    rule: str
    unit: str
    until: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
    by: str
    reason: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    ended_by: str = ""

    def active(self, now: datetime) -> bool:
        """Does it hold at an instant, which may lie before its end by hand?"""
        return now < min(self.until, self.ended_at or self.until)

    def covers(self, row: Obligation) -> bool:
        """Is an obligation of its matters? What is limited by the hour never is."""
        mine = (self.obligation_id == row.id, self.rule == row.rule, self.unit == row.unit)
        return row.due_at is None and any(mine)

    @property
    def in_words(self) -> str:
        """`单位 finance，至2026-10-16（含当日），王莉：机构合并`."""
        what = f"{self.obligation_id} 号事项" if self.obligation_id else ""
        what = what or (f"规则 {self.rule}" if self.rule else f"单位 {self.unit}")
        return f"{what}，至{until_in_words(self.until)}，{self.by}：{self.reason}"


@dataclass(frozen=True)
class Scope:
    """Of what a silence is: one of the three."""

    obligation_id: int | None = None
    rule: str = ""
    unit: str = ""


def add_silence(
    session: Session,
    agency: Agency,
    scope: Scope,
    *,
    until: datetime,
    by: str,
    reason: str,
    now: datetime,
) -> Silence:
    """Silence some matters. Raises NotFound, and NotAllowed where scope or end cannot be."""
    _check(session, agency, scope, until, now)
    silence = Silence(
        obligation_id=scope.obligation_id,
        rule=scope.rule,
        unit=scope.unit,
        until=until,
        by=by,
        reason=reason,
        created_at=now,
    )
    session.add(silence)
    session.flush()
    if scope.obligation_id:
        text = f"静默至{until_in_words(until)}：{reason}"
        journal.write(session, scope.obligation_id, now, "silence", by, text)
    return silence


def end_silence(session: Session, silence_id: int, *, by: str, now: datetime) -> Silence:
    """End one before its time. Raises NotFound, NotAllowed."""
    silence = session.get(Silence, silence_id)
    if silence is None:
        raise NotFound(f"没有编号为 {silence_id} 的静默")
    if silence.ended_at or not silence.active(now):
        raise NotAllowed(f"{silence_id} 号静默已经结束")
    silence.ended_at, silence.ended_by = now, by
    if silence.obligation_id:
        journal.write(session, silence.obligation_id, now, "silence", by, "结束静默")
    return silence


_ACTIVE = (
    select(Silence)
    .where(
        col(Silence.until) > bindparam("now"),
        or_(col(Silence.ended_at).is_(None), col(Silence.ended_at) > bindparam("now")),
    )
    .order_by(col(Silence.id))
)


def active_silences(session: Session, now: datetime) -> list[Silence]:
    """Those that hold at an instant, oldest first."""
    return list(session.exec(_ACTIVE, params={"now": now}).all())


def silenced(silences: Sequence[Silence], row: Obligation) -> bool:
    """Is an obligation covered by one of them?"""
    return any(silence.covers(row) for silence in silences)


def list_silences(
    session: Session, *conditions: Any, before: int | None = None, limit: int | None = None
) -> list[Silence]:
    """Silences, newest first; `before` is the last id of the page before."""
    query = select(Silence).where(*conditions)
    if before is not None:
        query = query.where(col(Silence.id) < before)
    return list(session.exec(query.order_by(col(Silence.id).desc()).limit(limit)).all())


def concerning(units: Collection[str]) -> sqlalchemy.ColumnElement[bool]:
    """The condition in SQL for the silences of these units, of their obligations, and of a rule,
    which concerns everybody."""
    theirs = sorted(units)
    own = select(Obligation.id).where(col(Obligation.unit).in_(theirs))
    return or_(
        col(Silence.rule) != "",
        col(Silence.unit).in_(theirs),
        col(Silence.obligation_id).in_(own),
    )


def until_in_words(until: datetime) -> str:
    """`2026-10-16 18:00`; the end of a day by its day: `2026-10-16（含当日）`."""
    day = local_day(until) - timedelta(days=1)
    return f"{day}（含当日）" if until == end_of(day) else written(until)


def _check(session: Session, agency: Agency, scope: Scope, until: datetime, now: datetime) -> None:
    if sum(map(bool, (scope.obligation_id, scope.rule, scope.unit))) != 1:
        raise NotAllowed("静默的范围应写明一项：一个待办事项、一条规则或一个单位")
    if scope.obligation_id:
        open_obligation(session, scope.obligation_id)
    if scope.rule and scope.rule not in agency.catalogue.rules:
        raise NotFound(f"没有规则“{scope.rule}”，用 qixian rules 可查看全部规则")
    if scope.unit and scope.unit not in agency.units:
        raise NotFound(f"没有编号为“{scope.unit}”的单位，可用：{'、'.join(agency.units)}")
    if until <= now:
        raise NotAllowed(f"静默的结束时间{until_in_words(until)}已经过去")
    if until > now + LONGEST:
        raise NotAllowed(f"静默最长{LONGEST.days}天，{until_in_words(until)}太远，请到期后再延长")
