"""A person's calendar, fed with the letters that arrive: what a calendar program does (RFC 5546)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import EmailMessage
from typing import Any

import icalendar
import vobject


@dataclass
class PersonsCalendar:
    """Events by UID. `ignored` counts what came too late or spoke of nothing."""

    events: dict[str, Any] = field(default_factory=dict)
    newest: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    ignored: int = 0

    def take(self, letter: EmailMessage) -> None:
        """Handle a letter; those without an invitation change nothing."""
        text = invitation_in(letter)
        if not text:
            return
        calendar = icalendar.Calendar.from_ical(text)
        (event,) = calendar.walk("VEVENT")
        uid, version = str(event["UID"]), (int(event["SEQUENCE"]), event.decoded("DTSTAMP"))
        if uid in self.newest and version <= self.newest[uid]:
            self.ignored += 1
            return
        self.newest[uid] = version
        if calendar["METHOD"] == "REQUEST":
            self.events[uid] = event
        else:
            assert (calendar["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
            self.ignored += self.events.pop(uid, None) is None

    @property
    def days(self) -> list[date]:
        """The days and instants on which something stands."""
        return sorted(event.decoded("DTSTART") for event in self.events.values())


def invitation_in(letter: EmailMessage) -> bytes:
    """The calendar text of a letter, empty for none; checked for what programs stumble over."""
    parts = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return b""
    files = [part for part in letter.iter_attachments() if part.get_filename() == "invite.ics"]
    text = parts[0].get_payload(decode=True)
    assert isinstance(text, bytes)
    assert [file.get_content() for file in files] == [text]
    lines = text.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines)  # no character is cut
    second = vobject.readOne(text.decode())
    assert second.method.value == parts[0]["Content-Type"].params["method"]
    organizer = second.vevent.organizer
    assert organizer.value.removeprefix("mailto:") in str(letter["From"])
    assert second.vevent.attendee.value == f"mailto:{letter['To']}"
    assert second.vevent.attendee.params["RSVP"] == ["FALSE"]
    return text
