"""提醒内容 Digest: what a recipient reads in the morning, in Chinese, cut to the channel's bytes.

The late come first, then what is limited by the hour, today's, and what is near. A message that
is too long becomes several at the boundary between two matters. Unit, matter, date and person
are never cut; a matter that is too long by itself gives up part of its last line, the source.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from itertools import groupby

from engine.agency import Agency
from engine.instants import ZONE, end_of, local_day
from engine.obligations import Obligation
from engine.remaining import remaining_in_words
from engine.signed_links import longest_link
from engine.units import Contact
from engine.workdays import WorkCalendar, weekday_name
from notifiers.message import Markup, Matter

DUPLICATE_MARK = "（可能重复）"
SMALLEST_LIMIT = 2048  # bytes, of all channels: a matter by itself fits into every one
MOST_PEOPLE = 3  # named in a message
_CUT = "…"
# What a remaining time or a number may grow by before the message is sent.
_GROWTH = 24


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
class Item:
    """One matter of a message: an obligation, and whether it is told to the superior."""

    obligation: Obligation
    superior: bool


@dataclass(frozen=True)
class Digest:
    """A finished subject and body."""

    subject: str
    body: str


@dataclass(frozen=True)
class Composer:
    """Writes messages as of one instant, in one markup."""

    agency: Agency
    calendar: WorkCalendar
    markup: Markup
    now: datetime
    link: str = ""  # the delivery's own page, known when it is sent

    def pack(self, items: Sequence[Item], limit: int) -> list[list[Item]]:
        """Items in the order in which they are told, in parts whose body fits `limit` bytes.

        Room is left for what may still change before sending: counts, the mark of a possible
        duplicate, and a remaining time that takes more digits.
        """
        items = sorted(items, key=self._order)
        room = limit - self._frame(items)
        parts: list[list[Item]] = []
        used = 0
        for item in items:
            size = _bytes(self._block(len(items), item)) + _GROWTH
            if used + size > room or not parts:
                parts.append([])
                used = 0
            parts[-1].append(item)
            used += size
        return parts

    def _frame(self, items: Sequence[Item]) -> int:
        """The most bytes that a message about some of the items needs beside their blocks."""
        longest = replace(self, link=longest_link(self.agency.public_url))
        empty = longest.compose((), len(items), len(items) + 1, True).body
        names = (self._unit_name(item.obligation) for item in items)
        whose = max((_bytes(self._plain(f"{name}：")) for name in names), default=0)
        counts = "，".join(f"{HEADINGS[urgency]}{len(items)}项" for urgency in Urgency)
        headings = "\n".join(map(self._heading, Urgency))
        return _bytes(empty) + whose + _bytes(counts) + _bytes(headings) + 2

    def compose(self, items: Sequence[Item], part: int, parts: int, duplicate: bool) -> Digest:
        """The message about these items. About one, it is within every channel's limit."""
        items = sorted(items, key=self._order)
        subject = _on_one_line(self._subject(items, part, parts, duplicate))
        body = self._body(subject, items)
        if len(items) == 1 and (excess := _bytes(body) - SMALLEST_LIMIT) > 0:
            body = self._body(subject, items, excess)
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
        return tuple(map(self._matter, sorted(items, key=self._order)))

    def _matter(self, item: Item) -> Matter:
        row = item.obligation
        calendar = self.agency.calendar_of(row.unit, self.calendar)
        return Matter(
            title=_on_one_line(f"{self._quote(row)}（{row.period_in_words}）"),
            unit=_on_one_line(self._unit_name(row)),
            due=f"{self._end(row)}{'（暂定）' if row.provisional else ''}",
            left=remaining_in_words(row, self.now, calendar),
            ours=not item.superior,
            early=f"{named(row.act_by)}前" if self._better_early(row) else "",
            moved=row.moved,
        )

    def urgency(self, item: Item) -> Urgency:
        """Under which heading an item stands now."""
        obligation, today = item.obligation, local_day(self.now)
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

    def _order(self, item: Item) -> tuple[Urgency, datetime, str, str, str]:
        row = item.obligation
        due = row.due_at or end_of(row.due_on)
        return (self.urgency(item), due, row.unit, row.rule, row.occurrence)

    def _body(self, subject: str, items: Sequence[Item], excess: int = 0) -> str:
        title = self._strong(self._plain(subject))
        return "\n".join((title, *self._sections(items, excess), self._foot()))

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

    def _sections(self, items: Sequence[Item], excess: int) -> Iterator[str]:
        number = 0
        for urgency, group in groupby(items, self.urgency):
            yield self._heading(urgency)
            for item in group:
                number += 1
                yield self._block(number, item, excess)

    def _heading(self, urgency: Urgency) -> str:
        color = "warning" if urgency < Urgency.TODAY else "info"
        return f"\n{self._colored(f'【{HEADINGS[urgency]}】', color)}"

    def _block(self, number: int, item: Item, excess: int = 0) -> str:
        """The lines about one matter, the last of them shorter by `excess` bytes."""
        obligation, agency = item.obligation, self.agency
        rule = agency.catalogue.rules.get(obligation.rule)
        unit = agency.units.get(obligation.unit)
        people = _people(unit.contacts) if unit else ""
        same = agency.same_duties(obligation.rule, obligation.unit, obligation.due_on)
        named = (f"《{one.document.title}》{one.number}" for one in ([rule, *same] if rule else ()))
        source = "；".join(dict.fromkeys(named)) or obligation.document
        title = f"{number}. {self._quote(obligation)}（{obligation.period_in_words}）"
        lines = (
            f"　单位：{self._unit_name(obligation)}"
            + (f"（{people}）" if people else "")
            + ("　督办：请催办" if item.superior else ""),
            f"　期限：{self._deadline(obligation)}",
            *([f"　变动：{obligation.moved}"] if obligation.moved else ()),
        )
        basis = _shortened(self._plain(f"　依据：{source}；口径：{obligation.reading}"), excess)
        block = (self._strong(self._plain(title)), *map(self._plain, lines), basis)
        return "\n".join(filter(None, block))

    def _quote(self, obligation: Obligation) -> str:
        rule = self.agency.catalogue.rules.get(obligation.rule)
        return rule.quote if rule else obligation.rule

    def _unit_name(self, obligation: Obligation) -> str:
        unit = self.agency.units.get(obligation.unit)
        return unit.name if unit else obligation.unit

    def _deadline(self, obligation: Obligation) -> str:
        provisional = "（暂定，放假安排尚未公布）" if obligation.provisional else ""
        calendar = self.agency.calendar_of(obligation.unit, self.calendar)
        left = remaining_in_words(obligation, self.now, calendar)
        return f"{self._due(obligation)}{provisional}，{left}"

    def _due(self, obligation: Obligation) -> str:
        early = self._better_early(obligation)
        advice = f"，宜在{named(obligation.act_by)}前办理" if early else ""
        return f"{self._end(obligation)}{advice}"

    def _end(self, obligation: Obligation) -> str:
        if obligation.due_at:
            moment = obligation.due_at.astimezone(ZONE)
            return f"{named(moment.date())}{moment:%H:%M}前"
        return f"{named(obligation.due_on)}到期"

    def _better_early(self, obligation: Obligation) -> bool:
        """Is there still a day to act before the due day?"""
        ahead = local_day(self.now) <= obligation.act_by != obligation.due_on
        return ahead and obligation.due_at is None

    def _foot(self) -> str:
        if self.link:
            return f"\n查看、签收：{self.link}\n办结后请登记，登记后不再提醒。"
        if self.agency.public_url:
            return f"\n办结后请登记，登记后不再提醒：{self.agency.public_url}"
        return "\n办结后请告知政务公开工作机构登记，登记后不再提醒。"

    def _strong(self, text: str) -> str:
        return f"**{text}**" if self.markup is Markup.MARKDOWN else text

    def _colored(self, text: str, color: str) -> str:
        if self.markup is Markup.MARKDOWN:
            return f'<font color="{color}">{text}</font>'
        return text

    def _plain(self, text: str) -> str:
        """Nothing in a reference or a name may act as markup, or as a line of its own."""
        text = _on_one_line(text)
        return text.translate(_WIDE) if self.markup is Markup.MARKDOWN else text


# The robots' markdown has no escape character, so what could act as markup becomes full-width.
_WIDE = str.maketrans("<>`[]#*_~|", "＜＞｀［］＃＊＿～｜")


def _on_one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _bytes(text: str) -> int:
    return len(text.encode())


def _shortened(text: str, excess: int) -> str:
    """`text` without its last `excess` bytes, and with a mark in their place."""
    if excess <= 0:
        return text
    room = _bytes(text) - excess - len(_CUT.encode())
    return text.encode()[:room].decode(errors="ignore") + _CUT if room > 0 else ""


def _people(contacts: Sequence[Contact]) -> str:
    names = "、".join(contact.name for contact in contacts[:MOST_PEOPLE])
    more = f"等{len(contacts)}人" if len(contacts) > MOST_PEOPLE else ""
    return names + more


def named(day: date) -> str:
    """`2026-10-12（星期一）`: a date as it stands in messages."""
    return f"{day}（{weekday_name(day)}）"
