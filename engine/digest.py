"""提醒内容 Digest: what a recipient reads in the morning, in Chinese, cut to the channel's bytes.

The late come first, then what is limited by the hour, today's, and what is near. A message that
is too long becomes several at the boundary between two matters, and what presses goes first and
alone. Where they would be too many, a matter becomes one line and its quote shorter, as little
as is needed. Unit, period, date and person are never cut; a matter that is too long by itself
gives up part of its last line, the source, before anything else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from functools import cached_property
from itertools import groupby

from engine.agency import Agency
from engine.digest_items import Item
from engine.instants import ZONE, end_of, local_day
from engine.obligations import Obligation
from engine.remaining import remaining_in_words
from engine.signed_links import longest_link
from engine.units import Role
from engine.wording import (
    bytes_of,
    named,
    named_shortly,
    on_one_line,
    people_of,
    shortened,
    visible,
)
from engine.workdays import WorkCalendar
from notifiers.channel import Notifier, takes_replies
from notifiers.message import Markup, Matter

REPLY = "\n直接回复“收到”即可签收。"
DUPLICATE_MARK = "（可能重复）"
MOST_PARTS = 3  # messages of one morning, where shorter lines can do it
# What a matter takes: all its lines, or one line with so many characters of its quote.
FORMS = (None, 40, 20, 12)
# What a remaining time or a number may grow by before the message is sent.
_GROWTH = 24
_GROWTH_OF_A_LINE = 12


class Urgency(IntEnum):
    """In which order matters are told, and under which heading."""

    LATE = 0
    BY_THE_HOUR = 1
    TODAY = 2
    NEAR = 3
    MOVED = 4


HEADINGS = {
    Urgency.LATE: "已逾期",
    Urgency.BY_THE_HOUR: "限时办理",
    Urgency.TODAY: "今日应办",
    Urgency.NEAR: "即将到期",
    Urgency.MOVED: "日期变动",
}


@dataclass(frozen=True)
class Digest:
    """A finished subject and body."""

    subject: str
    body: str


@dataclass(frozen=True)
class Composer:
    """Writes messages as of one instant, in one markup, within so many bytes."""

    agency: Agency
    calendar: WorkCalendar
    markup: Markup
    now: datetime
    limit: int
    link: str = ""  # the delivery's own page, known when it is sent
    replies: bool = False  # an answer to the message comes back to us

    def answerable(self, items: Sequence[Item]) -> bool:
        """Can an answer acknowledge some of these?"""
        return self.replies and any(item.ours for item in items)

    def pack(self, items: Sequence[Item]) -> list[list[Item]]:
        """Items in the order in which they are told, in parts whose body fits the limit.

        Room is left for what may still change before sending: counts, the mark of a possible
        duplicate, and a remaining time that takes more digits.
        """
        items = self._arranged(items)
        parts = self._fill(items, None)
        if len(parts) <= 1:
            return parts
        pressing = [item for item in items if self._presses(item)]
        rest = [item for item in items if not self._presses(item)]
        for form in FORMS:
            parts = [*self._fill(pressing, form), *self._fill(rest, form)]
            if len(parts) <= MOST_PARTS:
                return parts
        together = self._fill(items, FORMS[-1])
        return together if len(together) < len(parts) else parts

    def _fill(self, items: Sequence[Item], form: int | None) -> list[list[Item]]:
        room = self.limit - self._frame(items)
        growth = _GROWTH if form is None else _GROWTH_OF_A_LINE
        parts: list[list[Item]] = []
        used = 0
        for item in items:
            size = bytes_of(self._matter(len(items), item, form)) + 1 + growth
            if used + size > room or not parts:
                parts.append([])
                used = 0
            parts[-1].append(item)
            used += size
        return parts

    def _frame(self, items: Sequence[Item]) -> int:
        """The most bytes that a message about some of the items needs beside their blocks."""
        longest = replace(self, link=longest_link(self.agency.public_url))
        empty = longest._body(longest._subject((), 999, 999, True), ())
        names = (self._unit_name(item.obligation) for item in items)
        whose = max((bytes_of(self._plain(f"{name}：")) for name in names), default=0)
        counts = "，".join(f"{HEADINGS[urgency]}{len(items)}项" for urgency in Urgency)
        headings = "\n".join(map(self._heading, Urgency))
        return (
            bytes_of(empty)
            + whose
            + bytes_of(counts)
            + bytes_of(headings)
            + bytes_of(REPLY) * self.replies
            + 2
        )

    def compose(self, items: Sequence[Item], part: int, parts: int, duplicate: bool) -> Digest:
        """The message about these items: each in full where there is room, else in one line.
        About one, it is within every channel's limit."""
        items = self._arranged(items)
        subject = on_one_line(self._subject(items, part, parts, duplicate))
        for form in FORMS:
            body = self._body(subject, items, form)
            excess = bytes_of(body) - self.limit
            if form is None and len(items) == 1 and excess > 0:
                body = self._body(subject, items, None, excess)
            if bytes_of(body) <= self.limit:
                break
        return Digest(subject, body)

    def notice(self, subject: str, text: str, duplicate: bool) -> Digest:
        """A text that is not about obligations, its lines as they are; it may carry the mark of
        a possible duplicate already."""
        mark = DUPLICATE_MARK if duplicate else ""
        lines = text.removeprefix(DUPLICATE_MARK).splitlines()
        body = "\n".join(map(self._plain, lines))
        return Digest(mark + subject.removeprefix(DUPLICATE_MARK), mark + body)

    def matters(self, items: Sequence[Item]) -> tuple[Matter, ...]:
        """The same matters in fields, in the order of the message."""
        return tuple(map(self._in_fields, self._arranged(items)))

    def _in_fields(self, item: Item) -> Matter:
        row = item.obligation
        calendar = self.agency.calendar_of(row.unit, self.calendar)
        return Matter(
            title=on_one_line(f"{self._quote(row)}（{row.period_in_words}）"),
            unit=on_one_line(self._unit_name(row)),
            due=f"{self._end(row)}{'（暂定）' if row.provisional else ''}",
            left=remaining_in_words(row, self.now, calendar),
            early=f"{named(row.act_by)}前" if self._is_early(row) else "",
            moved=row.moved,
            notes=self._notes(item),
        )

    def urgency(self, item: Item) -> Urgency:
        """Under which heading an item stands now."""
        obligation, today = item.obligation, self._today
        if obligation.overdue(self.now):
            return Urgency.LATE
        if obligation.due_at:
            return Urgency.BY_THE_HOUR
        if obligation.act_by <= today:
            return Urgency.TODAY
        ladder = self.agency.ladder_of(obligation.rule, obligation.unit)
        calendar = self.agency.calendar_of(obligation.unit, self.calendar)
        near = calendar.count(today, obligation.act_by) <= max(ladder.before, default=0)
        return Urgency.MOVED if obligation.moved and not near else Urgency.NEAR

    @cached_property
    def _today(self) -> date:
        return local_day(self.now)

    def _presses(self, item: Item) -> bool:
        """Is it late, limited by the hour, or has it one working day left at most?"""
        urgency, row = self.urgency(item), item.obligation
        if urgency is not Urgency.NEAR:
            return urgency < Urgency.NEAR
        calendar = self.agency.calendar_of(row.unit, self.calendar)
        return calendar.count(self._today, row.act_by) <= 1

    def _arranged(self, items: Sequence[Item]) -> list[Item]:
        """In the order in which they are told."""
        return sorted(items, key=self._order) if len(items) > 1 else list(items)

    def _order(self, item: Item) -> tuple[Urgency, bool, datetime, str, str, str]:
        row = item.obligation
        due = row.due_at or end_of(row.due_on)
        presses = self._presses(item)
        return (self.urgency(item), not presses, due, row.unit, row.rule, row.occurrence)

    def _body(
        self, subject: str, items: Sequence[Item], form: int | None = None, excess: int = 0
    ) -> str:
        title = self._strong(self._plain(subject))
        return "\n".join((title, *self._sections(items, form, excess), self._foot(items)))

    def _subject(self, items: Sequence[Item], part: int, parts: int, duplicate: bool) -> str:
        units = {item.obligation.unit for item in items}
        unit = self.agency.units.get(next(iter(units))) if len(units) == 1 else None
        whose = f"{unit.name}：" if unit else ""
        counts = (
            f"{HEADINGS[urgency]}{len(list(group))}项"
            for urgency, group in groupby(items, self.urgency)
        )
        number = f"（{part}/{parts}）" if parts > 1 else ""
        mark = DUPLICATE_MARK if duplicate else ""
        return f"{mark}【期限提醒】{whose}{'，'.join(counts)}{number}"

    def _sections(self, items: Sequence[Item], form: int | None, excess: int) -> Iterator[str]:
        number = 0
        for urgency, group in groupby(items, self.urgency):
            yield self._heading(urgency)
            for item in group:
                number += 1
                yield self._matter(number, item, form, excess)

    def _heading(self, urgency: Urgency) -> str:
        color = "warning" if urgency < Urgency.TODAY else "info"
        return f"\n{self._colored(f'【{HEADINGS[urgency]}】', color)}"

    def _matter(self, number: int, item: Item, form: int | None, excess: int = 0) -> str:
        return self._block(number, item, excess) if form is None else self._line(number, item, form)

    def _line(self, number: int, item: Item, characters: int) -> str:
        """A matter in one line, its quote cut to so many characters."""
        row, quote = item.obligation, self._quote(item.obligation)
        matter = quote if len(quote) <= characters else quote[:characters] + "…"
        calendar = self.agency.calendar_of(row.unit, self.calendar)
        words = (
            f"{number}. {matter}（{row.period_in_words}）{self._whose(row)}",
            self._due_shortly(row) + ("（暂定）" if row.provisional else ""),
            remaining_in_words(row, self.now, calendar),
            *(["日期有变动"] if row.moved else []),
            *self._notes(item),
        )
        return self._plain(" ".join(words))

    def _block(self, number: int, item: Item, excess: int = 0) -> str:
        """The lines about one matter, the last of them shorter by `excess` bytes."""
        obligation, agency = item.obligation, self.agency
        rule = agency.catalogue.rules.get(obligation.rule)
        same = agency.same_duties(obligation.rule, obligation.unit, obligation.due_on)
        named = (f"《{one.document.title}》{one.number}" for one in ([rule, *same] if rule else ()))
        source = "；".join(dict.fromkeys(named)) or obligation.document
        title = f"{number}. {self._quote(obligation)}（{obligation.period_in_words}）"
        lines = (
            "　".join((f"　单位：{self._whose(obligation)}", *self._notes(item))),
            f"　期限：{self._deadline(obligation)}",
            *([f"　变动：{obligation.moved}"] if obligation.moved else ()),
        )
        basis = shortened(self._plain(f"　依据：{source}；口径：{obligation.reading}"), excess)
        block = (self._strong(self._plain(title)), *map(self._plain, lines), basis)
        return "\n".join(filter(None, block))

    def _quote(self, obligation: Obligation) -> str:
        rule = self.agency.catalogue.rules.get(obligation.rule)
        return rule.quote if rule else obligation.rule

    def _notes(self, item: Item) -> tuple[str, ...]:
        return ("督办：请催办",) if item.superior else item.notes

    def _whose(self, obligation: Obligation) -> str:
        """The unit, with those who do it."""
        unit = self.agency.units.get(obligation.unit)
        contacts = (unit.of_role(Role.HANDLER) or unit.contacts) if unit else ()
        people = f"（{people_of(contacts)}）" if contacts else ""
        return self._unit_name(obligation) + people

    def _unit_name(self, obligation: Obligation) -> str:
        unit = self.agency.units.get(obligation.unit)
        return unit.name if unit else obligation.unit

    def _deadline(self, obligation: Obligation) -> str:
        provisional = "（暂定，放假安排尚未公布）" if obligation.provisional else ""
        calendar = self.agency.calendar_of(obligation.unit, self.calendar)
        left = remaining_in_words(obligation, self.now, calendar)
        return f"{self._due(obligation)}{provisional}，{left}"

    def _due(self, obligation: Obligation) -> str:
        advice = f"，宜在{named(obligation.act_by)}前办理" if self._is_early(obligation) else ""
        return f"{self._end(obligation)}{advice}"

    def _end(self, obligation: Obligation) -> str:
        if obligation.due_at:
            moment = obligation.due_at.astimezone(ZONE)
            return f"{named(moment.date())}{moment:%H:%M}前"
        return f"{named(obligation.due_on)}到期"

    def _due_shortly(self, row: Obligation) -> str:
        today = self._today
        if row.due_at:
            moment = row.due_at.astimezone(ZONE)
            return f"{named_shortly(moment.date(), today)}{moment:%H:%M}前"
        advice = f"宜{named_shortly(row.act_by, today)}前办，" if self._is_early(row) else ""
        return f"{advice}{named_shortly(row.due_on, today)}到期"

    def _is_early(self, row: Obligation) -> bool:
        """Is there still a day to act before the due day?"""
        return row.due_at is None and self._today <= row.act_by != row.due_on

    def _foot(self, items: Sequence[Item]) -> str:
        reply = REPLY if self.answerable(items) else ""
        if self.link:
            return f"\n查看、签收：{self.link}{reply}\n办结后请登记，登记后不再提醒。"
        if self.agency.public_url:
            return f"{reply}\n办结后请登记，登记后不再提醒：{self.agency.public_url}"
        return f"{reply}\n办结后请告知政务公开工作机构登记，登记后不再提醒。"

    def _strong(self, text: str) -> str:
        return f"**{text}**" if self.markup is Markup.MARKDOWN else text

    def _colored(self, text: str, color: str) -> str:
        if self.markup is Markup.MARKDOWN:
            return f'<font color="{color}">{text}</font>'
        return text

    def _plain(self, text: str) -> str:
        """Nothing in a reference or a name may act as markup, or as a line of its own."""
        text = on_one_line(text)
        return visible(text) if self.markup is Markup.MARKDOWN else text


def composer_for(
    agency: Agency, calendar: WorkCalendar, notifier: Notifier, now: datetime, link: str = ""
) -> Composer:
    """Who writes the messages of a channel."""
    replies = takes_replies(notifier)
    return Composer(agency, calendar, notifier.markup, now, notifier.limit, link, replies)
