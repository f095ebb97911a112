"""日程 Entry: an obligation in somebody's calendar (RFC 5545), as an invitation or in a feed. Pure.

A day is an event of the whole day, an hour an instant; neither makes anybody busy.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vText

from engine.agency import Agency
from engine.explanation import Step
from engine.instants import ZONE, local_day
from engine.obligations import Obligation, Status
from engine.wording import named, on_one_line

PRODUCT = "-//Qixian//Qixian//ZH"
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_READ_EVERY = timedelta(hours=1)  # what a feed asks of those who subscribe to it


def entry_of(
    obligation: Obligation, agency: Agency, uid: str, sequence: int, changed_at: datetime
) -> Event:
    """An obligation as an event. `changed_at` is when what it says last changed: with the present
    moment instead, every reader would see a change at every look."""
    entry = Event()
    entry.add("uid", uid)
    entry.add("sequence", sequence)
    entry.add("dtstamp", changed_at.astimezone(UTC))
    entry.add("summary", entry_title(obligation, agency))
    entry.add("description", "\n".join(entry_lines(obligation, agency)))
    if obligation.due_at:
        entry.add("dtstart", obligation.due_at.astimezone(UTC))
    else:
        entry.add("dtstart", obligation.due_on)
        entry.add("dtend", obligation.due_on + _DAY)  # not included (RFC 5545, 3.6.1)
    entry.add("transp", "TRANSPARENT")
    entry.add("status", "CONFIRMED")
    entry.add_component(_alarm(obligation, agency))
    return entry


def invite(entry: Event, organizer: Address, attendee: str) -> None:
    """Make an event an invitation to one mail address, of whom no answer is asked."""
    sender = vCalAddress(f"mailto:{organizer.addr_spec}")
    if name := organizer.display_name.replace('"', ""):
        sender.params["CN"] = vText(name)
    entry.add("organizer", sender)
    invited = vCalAddress(f"mailto:{attendee}")
    invited.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"}
    entry.add("attendee", invited)


def cancel(entry: Event) -> None:
    """Make an event one that is taken out of the calendar."""
    _say(entry, "status", "CANCELLED")
    entry.subcomponents.clear()  # nobody is to be woken for it


def feed_entry(obligation: Obligation, agency: Agency, steps: Sequence[Step]) -> Event:
    """An obligation in a feed, with the steps to its date. What is done stays and says so; what was
    waived is cancelled; neither wakes anybody."""
    uid, changed_at = f"{obligation.case}@qixian", obligation.said_at
    entry = entry_of(obligation, agency, uid, obligation.revision, changed_at)
    entry.add("created", obligation.created_at.astimezone(UTC))
    entry.add("last-modified", changed_at.astimezone(UTC))
    _say(entry, "description", "\n".join(_explained(obligation, agency, steps)))
    if agency.public_url:
        entry.add("url", _page_of(obligation, agency))
    if obligation.status is not Status.OPEN:
        mark = "【已办结】" if obligation.status is Status.DONE else "【已免除】"
        _say(entry, "summary", mark + matter_of(obligation, agency))
        entry.subcomponents.clear()
    if obligation.status is Status.WAIVED:
        _say(entry, "status", "CANCELLED")
    return entry


def feed_text(entries: Iterable[Event], name: str) -> str:
    """A calendar to subscribe to, under a name; it asks to be read again after an hour."""
    calendar = Calendar()
    for key in ("name", "x-wr-calname"):  # RFC 7986, and what came before it
        calendar.add(key, name)
    calendar.add("x-wr-timezone", ZONE.key)
    calendar.add("refresh-interval", _READ_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_READ_EVERY))
    return _text_of(calendar, entries)


def calendar_text(entries: Iterable[Event], method: str = "") -> str:
    """A whole calendar, in lines of at most 75 bytes (RFC 5545, 3.1); `method` is that of iTIP."""
    calendar = Calendar()
    if method:
        calendar.add("method", method)
    return _text_of(calendar, entries)


def _text_of(calendar: Calendar, entries: Iterable[Event]) -> str:
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for entry in entries:
        calendar.add_component(entry)
    text: str = calendar.to_ical().decode()
    return text


def entry_title(obligation: Obligation, agency: Agency) -> str:
    """`【期限】财政局：按月公开财政收支（2026年9月）`, on one line."""
    mark = "【期限·暂定】" if obligation.provisional else "【期限】"
    return mark + matter_of(obligation, agency)


def matter_of(obligation: Obligation, agency: Agency) -> str:
    """`财政局：按月公开财政收支（2026年9月）`, on one line."""
    rule, unit = agency.catalogue.rules.get(obligation.rule), agency.units.get(obligation.unit)
    matter = rule.quote if rule else obligation.rule
    whose = unit.name if unit else obligation.unit
    return " ".join(on_one_line(f"{whose}：{matter}（{obligation.period_in_words}）").split())


def entry_lines(obligation: Obligation, agency: Agency) -> tuple[str, ...]:
    """When it is due, on what it rests, and where it is registered as done."""
    done = "办结后请登记，登记后日程自动取消"
    register = f"{done}：{agency.public_url}" if agency.public_url else f"{done}。"
    return (*_due_and_basis(obligation, agency), register)


def _explained(obligation: Obligation, agency: Agency, steps: Sequence[Step]) -> Iterator[str]:
    """The same for a feed, in which it stays when it is done."""
    yield from _due_and_basis(obligation, agency)
    if steps:
        yield "推算："
    for number, step in enumerate(steps, 1):
        yield f"{number}. {step.text}（{step.basis}）" if step.basis else f"{number}. {step.text}"
    closed = local_day(obligation.closed_at) if obligation.closed_at else None
    if obligation.status is Status.DONE:
        yield f"已于{closed}办结。"
    elif obligation.status is Status.WAIVED:
        yield f"已于{closed}免除，不需办理。"
    elif agency.public_url:
        yield f"办结后请登记：{_page_of(obligation, agency)}"


def _page_of(obligation: Obligation, agency: Agency) -> str:
    return f"{agency.public_url.rstrip('/')}/obligations/{obligation.id}"


def _due_and_basis(obligation: Obligation, agency: Agency) -> tuple[str, str]:
    rule = agency.catalogue.rules.get(obligation.rule)
    source = f"《{rule.document.title}》{rule.document.number}" if rule else obligation.document
    provisional = "（暂定，放假安排尚未公布）" if obligation.provisional else ""
    return (
        f"期限：{_due(obligation)}{provisional}",
        f"依据：{source}；口径：{obligation.reading}",
    )


def _say(entry: Event, key: str, text: str) -> None:
    """Put a text in the place of another."""
    del entry[key]
    entry.add(key, text)


def _due(obligation: Obligation) -> str:
    if obligation.due_at:
        moment = obligation.due_at.astimezone(ZONE)
        return f"{named(moment.date())}{moment:%H:%M}前"
    early = obligation.act_by != obligation.due_on
    advice = f"，宜在{named(obligation.act_by)}前办理" if early else ""
    return f"{named(obligation.due_on)}到期{advice}"


def _alarm(obligation: Obligation, agency: Agency) -> Alarm:
    """A day ahead; of a limit in hours, which may be over by then, an hour ahead."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -(_HOUR if obligation.due_at else _DAY))
    alarm.add("description", entry_title(obligation, agency))
    return alarm
