"""待办事项 Obligation: one instance of a duty, for one period or one event."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, UniqueConstraint, and_, or_, text, update
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine import journal
from engine.database import Instant, portions, words
from engine.due_dates import Due
from engine.errors import NotAllowed, NotFound
from engine.instants import end_of, local_day, local_iso, start_of, written
from engine.news import NewsType, tell
from engine.period_names import period_in_words

_DAY = timedelta(days=1)
_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


class Status(StrEnum):
    """状态. Overdue is computed, not stored."""

    OPEN = "open"
    DONE = "done"
    WAIVED = "waived"


WITHDRAWN_BY = "期限（配置变更）"  # who waives what the configuration no longer asks for
STATUS_NAMES = {Status.OPEN: "待办", Status.DONE: "已办结", Status.WAIVED: "已免除"}


class Obligation(SQLModel, table=True):
    """待办事项. `occurrence` is the period's key, or `event:` and the event's id."""

    __table_args__ = (
        UniqueConstraint("rule", "unit", "occurrence"),
        Index("ix_obligation_status_act_by", "status", "act_by"),
        Index("ix_obligation_due_on", "due_on", "id"),
        # For the lists and the counts of pages; what stands after the id spares them the rows.
        Index("ix_obligation_status_due_on", "status", "due_on", "id", "unit", "due_at", "rule"),
        Index(
            "ix_obligation_status_unit",
            *("status", "unit", "due_on", "id", "due_at", "rule", "document"),
        ),
        Index("ix_obligation_document", "document", "status", "due_on", "id", "unit"),
        Index("ix_obligation_rule", "rule", "status", "due_on", "id", "unit"),
        Index("ix_obligation_unit_due_on", "unit", "due_on", "id"),
        Index(
            "ix_obligation_event",
            *("event_id", "status", "due_on", "id"),
            sqlite_where=text("event_id IS NOT NULL"),
            postgresql_where=text("event_id IS NOT NULL"),
        ),
        Index(  # all that statistics ask, so that a year is counted without a look at its rows
            "ix_obligation_figures",
            *("due_on", "unit", "document", "status", "due_at"),
            *("closed_at", "closed_by", "calendar_moves", "id"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    unit: str
    occurrence: str
    period: str  # for people: the period's key, or the event's reference
    event_id: int | None = Field(default=None, foreign_key="event.id")
    document: str
    reading: str  # in words, as it was when the date was computed
    opens_on: date
    due_on: date
    due_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    act_by: date
    provisional: bool
    earliest: date
    latest: date
    version: int = 1  # of the due date: alerts are for one version
    # How a new notice, rule or reading moved it, until something else does; and when the due date was.
    moved: str = ""
    moved_at: datetime | None = Field(default=None, sa_column=Column(Instant, index=True))
    status: Status = Field(default=Status.OPEN, sa_column=Column(words(Status), nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    closed_by: str = ""
    evidence: str = ""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    # The version of the due date of which it was told that it is late.
    late_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    # What calendars and other readers go by: how often, and when last, what it says has changed.
    revision: int = 0
    changed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    calendar_moves: int = 0  # how often another calendar gave it another due date

    @property
    def said_at(self) -> datetime:
        """Since when it says what it says."""
        return self.changed_at or self.created_at

    def changes(self, now: datetime) -> None:
        """What it says is something else from `now` on."""
        self.revision, self.changed_at = self.revision + 1, now

    @property
    def case(self) -> str:
        """Its name outside: the root of its thread of letters, its entry in calendars. The hash
        keeps apart what two databases call by the same number."""
        what = repr((self.rule, self.unit, self.occurrence))
        return f"obligation-{self.id}.{sha256(what.encode()).hexdigest()[:8]}"

    @property
    def period_in_words(self) -> str:
        """The period, or the event's reference: the 12th application of 2026, numbered 2026-12,
        has nothing to do with December. An event without a reference is named by its day, or its
        minute."""
        named_by_event = self.event_id is not None and len(self.period) != 10
        if not named_by_event:
            return period_in_words(self.period)
        return self.period.replace("T", " ") if _MINUTE.fullmatch(self.period) else self.period

    @property
    def end(self) -> datetime:
        """The instant at which it is over: `due_at`, or the end of the due day."""
        return self.due_at or end_of(self.due_on)

    @property
    def withdrawn(self) -> bool:
        """Was it waived because the configuration did not ask for it any more?"""
        return self.status is Status.WAIVED and self.closed_by == WITHDRAWN_BY

    @property
    def late_in_words(self) -> str:
        """`逾期3天办结`, of a limit in hours `逾期5小时20分办结` until a day is over; empty where it
        is not done, or was in time."""
        if self.status is not Status.DONE or self.closed_at is None:
            return ""
        if self.due_at and self.due_at < self.closed_at < self.due_at + _DAY:
            hours, minutes = divmod(int((self.closed_at - self.due_at).total_seconds()) // 60, 60)
            return f"逾期{hours}小时{minutes}分办结"
        days = (local_day(self.closed_at) - self.due_on).days
        return f"逾期{days}天办结" if days > 0 else ""

    def ahead(self, now: datetime) -> bool:
        """Is it open and its due day still to come? What is late stays owed."""
        return self.status is Status.OPEN and self.due_on > local_day(now)

    def overdue(self, now: datetime) -> bool:
        """Is it open, and its due instant or the end of its due day past?"""
        if self.status is not Status.OPEN:
            return False
        return self.due_at < now if self.due_at else self.due_on < local_day(now)


def due_columns(due: Due) -> dict[str, Any]:
    """The columns that hold a computed date."""
    return {
        "due_on": due.due_on,
        "due_at": due.due_at,
        "act_by": due.act_by,
        "provisional": due.provisional,
        "earliest": due.earliest,
        "latest": due.latest,
    }


def late(now: datetime) -> Any:
    """The condition in SQL that says the same as `Obligation.overdue`.

    True or false and never NULL, so that it can be negated. That no due day lies ahead follows
    from the rest, and lets an index end there.
    """
    today = local_day(now)
    past = or_(
        and_(col(Obligation.due_at).is_not(None), col(Obligation.due_at) < now),
        and_(col(Obligation.due_at).is_(None), col(Obligation.due_on) < today),
    )
    return and_(col(Obligation.status) == Status.OPEN, col(Obligation.due_on) <= today, past)


def newly_late(session: Session, now: datetime) -> list[int]:
    """The ids of what is late and was not told so of its present due date, and from now on was."""
    untold = (late(now), col(Obligation.late_version) != col(Obligation.version))
    near = col(Obligation.act_by) <= local_day(now)  # for the index: it is not after the due day
    statement = update(Obligation).where(*untold, near)
    statement = statement.values(late_version=col(Obligation.version))
    found = session.execute(
        statement.returning(col(Obligation.id)), execution_options={"synchronize_session": False}
    )
    return sorted(found.scalars())


def get_obligation(session: Session, obligation_id: int) -> Obligation:
    """Raises NotFound."""
    obligation = session.get(Obligation, obligation_id)
    if obligation is None:
        raise NotFound(f"没有编号为 {obligation_id} 的待办事项")
    return obligation


def obligations_of(
    session: Session, owing: Collection[tuple[str, str]], *conditions: Any
) -> dict[tuple[str, str], list[Obligation]]:
    """Those of many rules and units, the oldest first: asked for together, in a statement or a few."""
    found: dict[tuple[str, str], list[Obligation]] = {pair: [] for pair in owing}
    rules = {rule for rule, _ in owing}
    for units in portions({unit for _, unit in owing}):
        asked = (col(Obligation.rule).in_(rules), col(Obligation.unit).in_(units))
        query = select(Obligation).where(*asked, *conditions).order_by(col(Obligation.id))
        for row in session.exec(query).all():
            if (row.rule, row.unit) in found:
                found[row.rule, row.unit].append(row)
    return found


def list_obligations(
    session: Session,
    *conditions: Any,
    after: tuple[date, int] | None = None,
    limit: int | None = None,
) -> list[Obligation]:
    """Obligations by due day and id; `after` is the last pair of the page before."""
    query = select(Obligation).where(*conditions)
    if after:
        day, last = after
        due_on, id_ = col(Obligation.due_on), col(Obligation.id)
        beyond = or_(due_on > day, and_(due_on == day, id_ > last))
        query = query.where(due_on >= day, beyond)  # the first lets an index begin there
    query = query.order_by(col(Obligation.due_on), col(Obligation.id)).limit(limit)
    return list(session.exec(query).all())


def move(
    session: Session,
    obligation: Obligation,
    due: Due,
    reading: str,
    now: datetime,
    because: str = "",
    by_calendar: bool = False,
) -> bool:
    """Give an open obligation a newly computed date; says whether the date changed.

    `because` is why, where nobody entered it: then its owners are to be told of the change;
    `by_calendar` whether it was the calendar alone.
    """
    columns = due_columns(due)
    old = {name: getattr(obligation, name) for name in columns}
    if columns == old and reading == obligation.reading:
        return False
    moved = (old["due_on"], old["due_at"], old["act_by"]) != (due.due_on, due.due_at, due.act_by)
    read_anew = reading != obligation.reading
    for name, value in {**columns, "reading": reading}.items():
        if getattr(obligation, name) != value:
            setattr(obligation, name, value)
    obligation.changes(now)
    if moved:
        obligation.version += 1
        due_moved = (old["due_on"], old["due_at"]) != (due.due_on, due.due_at)
        obligation.calendar_moves += by_calendar and due_moved
        told = f"{_moved_in_words(old, due)}，{because}" if because else ""
        _remember(obligation, told, due_moved, now)
        dates = {name: old[name] for name in ("due_on", "due_at", "act_by")}
        tell(session, NewsType.MOVED, obligation.id, now, dates)
    if moved or read_anew:
        text = f"{_moved_in_words(old, due)}（{reading}{f'；{because}' if because else ''}）"
        _note(session, obligation, now, "moved" if moved else "reading", "期限", text)
    return moved


def _remember(obligation: Obligation, text: str, due_moved: bool, now: datetime) -> None:
    """What its owners are to be told. Of another due date they hear at once (`moved_at`); of another
    day to act alone with the next reminder: within the ladder's reach that is at once too."""
    if not text or due_moved:
        obligation.moved, obligation.moved_at = text, now if text else None
    elif obligation.moved_at:
        obligation.moved = f"{obligation.moved}；{text}"
    else:
        obligation.moved = text


def _moved_in_words(old: Mapping[str, Any], due: Due) -> str:
    if old["due_at"] != due.due_at:
        earlier, later = local_iso(old["due_at"]) or old["due_on"], local_iso(due.due_at)
        return f"到期时刻由{earlier}改为{later or due.due_on}"
    if old["due_on"] != due.due_on:
        return f"到期日由{old['due_on']}改为{due.due_on}，宜办日{due.act_by}"
    if old["act_by"] == due.act_by:
        return f"日期不变，仍为{due.due_on}"
    return f"宜办日由{old['act_by']}改为{due.act_by}，到期日仍为{due.due_on}"


def complete(
    session: Session, obligation_id: int, *, by: str, at: datetime, evidence: str, now: datetime
) -> Obligation:
    """办结: with who, when, and the address of the evidence. Raises NotFound, NotAllowed."""
    if at > now:
        raise NotAllowed("办结时间不能晚于现在")
    obligation = open_obligation(session, obligation_id)
    _close(obligation, Status.DONE, by, at, now)
    obligation.evidence = evidence
    day = local_day(at)  # of what was done on a day without an hour the beginning is kept
    earlier = f"，办结时间{day if at == start_of(day) else written(at)}" if at != now else ""
    proof = f"，证据：{evidence}" if evidence else ""
    done = obligation.late_in_words or "办结"
    _note(session, obligation, now, "complete", by, f"{done}{earlier}{proof}")
    tell(session, NewsType.DONE, obligation.id, now)
    return obligation


def waive(
    session: Session, obligation_id: int, *, by: str, reason: str, now: datetime
) -> Obligation:
    """免除, with a reason. Raises NotFound, NotAllowed."""
    obligation = open_obligation(session, obligation_id)
    _close(obligation, Status.WAIVED, by, now, now)
    _note(session, obligation, now, "waive", by, f"免除：{reason}")
    tell(session, NewsType.WAIVED, obligation.id, now)
    return obligation


def withdraw(session: Session, obligation: Obligation, governed_by: str, now: datetime) -> None:
    """Waive what is ahead and not asked for any more: its linked rule governs, or none asks."""
    reason = (
        f"同一事项由规则 {governed_by} 管，日期更早或相同" if governed_by else "配置不再要求此事项"
    )
    assert obligation.id is not None
    waive(session, obligation.id, by=WITHDRAWN_BY, reason=reason, now=now)


def reopen(
    session: Session, obligation_id: int, *, by: str, reason: str, now: datetime
) -> Obligation:
    """Take back a completion or waiver. Raises NotFound, NotAllowed."""
    obligation = get_obligation(session, obligation_id)
    if obligation.status is Status.OPEN:
        raise NotAllowed(f"待办事项 {obligation_id} 并未办结或免除")
    obligation.status, obligation.closed_at, obligation.closed_by = Status.OPEN, None, ""
    obligation.evidence = ""
    obligation.version += 1  # it is to be brought to mind again
    obligation.changes(now)
    _note(session, obligation, now, "reopen", by, f"恢复待办：{reason}")
    tell(session, NewsType.REOPENED, obligation.id, now)
    return obligation


def open_obligation(session: Session, obligation_id: int) -> Obligation:
    """Raises NotFound, NotAllowed when it is done or waived."""
    obligation = get_obligation(session, obligation_id)
    if obligation.status is not Status.OPEN:
        raise NotAllowed(f"待办事项 {obligation_id} {STATUS_NAMES[obligation.status]}，不能再改")
    return obligation


def _close(obligation: Obligation, status: Status, by: str, at: datetime, now: datetime) -> None:
    obligation.status, obligation.closed_by, obligation.closed_at = status, by, at
    obligation.changes(now)


def _note(
    session: Session, obligation: Obligation, now: datetime, kind: str, by: str, text: str
) -> None:
    assert obligation.id is not None
    journal.write(session, obligation.id, now, kind, by, text)
