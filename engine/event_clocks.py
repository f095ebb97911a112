"""计时 Event clocks: what happens to a limit after it began, and the date that follows from it.

A limit may be begun anew (重新起算), have a time taken out of it (不计入期限) and be extended
(延期). The date is a replay of these changes in the order of their own times, whatever the order
in which they were entered; of one time first the restart, then the exclusion, then the extension.

* A restart begins a new limit of the full base amount, its own day not counted (unless the term
  counts the day on which it begins, `first`). What was counted
  and granted before is gone with the old limit. It may come after the due date: an application
  that is completed late still has its whole limit (《政府信息公开条例》第三十条).
* An exclusion takes out the days after its first, up to and including its last; where hours are
  counted, the time between two instants. What of it lies after a restart is not counted there.
* An extension lengthens the limit that runs on its day.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.due_dates import (
    OPEN,
    Due,
    InstantPauses,
    Pauses,
    after_days,
    after_hours,
    due,
    of_options,
)
from engine.errors import NoDate, NotAllowed
from engine.instants import day_of, start_of, written
from engine.workdays import WorkCalendar
from rules.amounts import Amount, Measure
from rules.choices import Choices
from rules.clauses import Clause
from rules.terms import Kind, Term

Moment = date | datetime


@dataclass(frozen=True)
class Restart:
    """重新起算: counting begins anew from `at`, not counted. `clause` is what the paper says of
    it, None where it says nothing; `reason` what the office says."""

    at: Moment
    clause: Clause | None = None
    reason: str = ""


@dataclass(frozen=True)
class Exclude:
    """不计入期限: the days after `at` up to and including `until`; in hours, what is between."""

    at: Moment
    until: Moment
    clause: Clause | None = None
    reason: str = ""


@dataclass(frozen=True)
class Extend:
    """延期 by an amount of the limit's own measure, approved at `at`."""

    at: Moment
    amount: Amount
    approver: str
    clause: Clause | None = None
    reason: str = ""


Change = Restart | Exclude | Extend
Changes = Sequence[Change]
_RANK = {Restart: 0, Exclude: 1, Extend: 2}  # of one time


@dataclass(frozen=True)
class Running:
    """The limit that runs in the end: from `start`, `amount` long, but for what is `excluded`,
    in order and from the start on. In instants where hours count, else in days. `choices` are the
    term's: they hold for the limit after a restart too."""

    start: Moment
    amount: Amount
    excluded: tuple[Exclude, ...]
    choices: Choices = OPEN

    @property
    def pauses(self) -> Pauses:
        """The days that are not counted: after the first, up to and including the second."""
        return [(day_of(one.at), day_of(one.until)) for one in self.excluded]

    @property
    def instant_pauses(self) -> InstantPauses:
        """The times that are not counted. Raises NoDate for a mere day."""
        return [(instant(one.at), instant(one.until)) for one in self.excluded]


def in_order(changes: Iterable[Change]) -> list[Change]:
    """By their own times; a day counts from its beginning."""
    return sorted(changes, key=_place)


def _place(change: Change) -> tuple[datetime, int, datetime]:
    end = change.until if isinstance(change, Exclude) else change.at
    return beginning(change.at), _RANK[type(change)], beginning(end)


def counts_forward(term: Term) -> bool:
    """Does the term count forwards from an event, so that its clock can be changed?"""
    limited = term.amount is not None or bool(term.options)
    return limited and term.kind in (Kind.AFTER_EVENT, Kind.WINDOW)


def replay(term: Term, event: Moment, changes: Changes, calendar: WorkCalendar) -> Due:
    """When a term that counts from an event ends after these changes.

    Changes of a term that does not count forwards are left out of account. Of several limits
    (earlier, later) each is replayed. Raises NoDate.
    """
    if not changes or not counts_forward(term):
        return due(term, event, calendar)
    if term.options:
        return of_options(term, [replay(one, event, changes, calendar) for one in term.options])
    return ending(running(term, event, changes), calendar)


def governing(term: Term, event: Moment, changes: Changes, calendar: WorkCalendar) -> Term:
    """The option that gives a term its date, of equal ones the first; a single limit is its own."""
    choose = min if term.earlier else max
    options = term.options or (term,)
    return choose(options, key=lambda option: replay(option, event, changes, calendar).end)


def running(term: Term, event: Moment, changes: Iterable[Change]) -> Running:
    """The single limit that runs after these changes. Raises NoDate when hours count and a time is not
    known, or when an extension is of another measure, as after the limit was read anew."""
    amount = term.amount
    assert amount is not None
    known: Callable[[Moment], Moment] = instant if amount.measure is Measure.HOUR else day_of
    start, number, excluded = known(event), amount.number, []
    for change in in_order(changes):
        match change:
            case Restart():
                start, number = known(change.at), amount.number
            case Exclude():
                excluded.append(replace(change, at=known(change.at), until=known(change.until)))
            case Extend():
                _same_measure(change.amount, amount)
                number += change.amount.number
    left = (replace(one, at=max(one.at, start)) for one in excluded if one.until > start)
    return Running(start, Amount(number, amount.measure), tuple(left), term.choices)


def _same_measure(extension: Amount, limit: Amount) -> None:
    if extension.measure is not limit.measure:
        raise NoDate(
            f"延期{extension.in_words()}与期限（{limit.in_words()}）的计量单位不同，"
            "请用 correct 更正延期的 amount"
        )


def ending(clock: Running, calendar: WorkCalendar) -> Due:
    """When the limit that runs ends. Raises NoDate."""
    if clock.amount.measure is Measure.HOUR:
        return after_hours(clock.amount.number, clock.start, clock.instant_pauses)
    start = day_of(clock.start)
    return after_days(clock.amount, start, calendar, clock.choices, clock.pauses)


def instant(moment: Moment) -> datetime:
    """Raises NoDate for a day: where hours count the time is needed."""
    if isinstance(moment, datetime):
        return moment
    raise NoDate(f"以小时计的期限须写明时刻，例如 {moment}T08:30+08:00")


def beginning(moment: Moment) -> datetime:
    """The instant itself, or the beginning of the day."""
    return moment if isinstance(moment, datetime) else start_of(moment)


def check(
    term: Term,
    event: Moment,
    changes: Iterable[Change],
    calendar: WorkCalendar,
    entered: Change | None = None,
) -> None:
    """Raises NotAllowed, in a sentence that names the change, unless each of the changes is
    allowed after those before it; NoDate where a time or a measure does not fit the limit.

    `entered` is the one among them that comes in now: the others are there already.
    """
    ordered = in_order(changes)
    for number, change in enumerate(ordered):
        earlier = ordered[:number]
        if _before(change.at, event):
            raise NotAllowed(
                f"{in_words(change)}早于起算事由的时间（{written(event)}），请核对；"
                "起算时间登记错了的，用 correct 更正"
            )
        so_far = replay(term, event, earlier, calendar)
        if isinstance(change, Exclude):
            _check_exclusion(change, earlier, so_far, entered)
        elif isinstance(change, Extend):
            _check_extension(change, term, earlier, so_far)
    replay(term, event, ordered, calendar)


def _check_exclusion(
    change: Exclude, earlier: Changes, so_far: Due, entered: Change | None
) -> None:
    if _before(change.until, change.at):
        raise NotAllowed(f"{in_words(change)}的结束早于开始，请核对 from 和 to")
    for other in earlier:
        if isinstance(other, Exclude) and _begins_within(change, other, so_far):
            new, stored = (other, change) if other is entered else (change, other)
            raise NotAllowed(
                f"{in_words(new)}与已登记的{in_words(stored)}重叠，请改写时间，"
                "或用 correct 更正已登记的一段"
            )
    # What begins on the last day would take out only days after it.
    if not _before(change.at, so_far.due_at or so_far.due_on):
        raise NotAllowed(
            f"期限到{_ended(so_far)}已满，此后的时间不能再扣除（{in_words(change)}），请核对 from"
        )


def _check_extension(change: Extend, term: Term, earlier: Changes, so_far: Due) -> None:
    limit = term.amount
    if limit is None:
        raise NotAllowed(
            f"期限（{term.in_words()}）由几个合成，延期不能写明延长哪一个，请按原来的期限办理"
        )
    if not change.approver:
        raise NotAllowed("延期须经批准，请在 approver 写明批准人")
    if change.amount.measure is not limit.measure:
        raise NotAllowed(f"延期须与期限（{limit.in_words()}）同样计量，请写作 {limit.written} 之类")
    if _before(so_far.due_at or so_far.due_on, change.at):
        raise NotAllowed(
            f"期限到{_ended(so_far)}已满，{written(change.at)}才批准的延期不能计入；"
            "此前有不计入期限的时间或者补正的，请先登记"
        )
    clause = change.clause
    if clause is None or clause.cap is None:
        return
    if clause.cap.measure is not change.amount.measure:
        raise NotAllowed(
            f"延期须与{clause.place}的上限同样计量（最长{clause.cap.in_words()}），"
            f"请写作 {clause.cap.written} 之类"
        )
    granted = _granted(clause, earlier)
    left = clause.cap.number - granted
    if change.amount.number > left:
        before = f"，此前已延{Amount(granted, clause.cap.measure).in_words()}" if granted else ""
        way_out = f"请改为不超过 {Amount(left, clause.cap.measure).written}" if left else "不能再延"
        raise NotAllowed(
            f"延期{change.amount.in_words()}超过上限：{clause.place}“{clause.quote}”{before}，{way_out}"
        )


def _granted(clause: Clause, earlier: Changes) -> int:
    """What was granted under a clause for the limit that runs."""
    granted = 0
    for change in earlier:
        if isinstance(change, Restart):
            granted = 0
        elif isinstance(change, Extend) and change.clause == clause:
            granted += change.amount.number
    return granted


def _before(one: Moment, other: Moment) -> bool:
    """Earlier, as far as is known: of an instant and a day the days are compared."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day_of(one) < day_of(other)


def _begins_within(change: Exclude, other: Exclude, so_far: Due) -> bool:
    """Have an exclusion and an earlier one something in common? Where days are counted, a day."""
    if so_far.due_at is None:
        return day_of(change.at) < day_of(other.until)
    return instant(change.at) < instant(other.until)


def _ended(so_far: Due) -> str:
    return written(so_far.due_at or so_far.due_on)


def in_words(change: Change) -> str:
    """`2026-03-18的重新起算`, `2026-03-06至2026-03-18不计入期限的时间`: the change in a sentence."""
    match change:
        case Restart():
            return f"{written(change.at)}的重新起算"
        case Exclude():
            return f"{written(change.at)}至{written(change.until)}不计入期限的时间"
    return f"{change.approver}{written(change.at)}批准的延期{change.amount.in_words()}"


def why(change: Change) -> str:
    """The office's reason, else the one that the paper names; may be empty."""
    return change.reason or (change.clause.trigger if change.clause else "")
