"""An obligation as an iCalendar event, read again by two libraries that we did not write it with."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.headerregistry import Address

import icalendar
import vobject
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar_entries import calendar_text, cancel, entry_of, invite
from engine.due_dates import on_day
from tests.builders import (
    CALENDAR,
    build_agency,
    build_obligation,
    build_rule,
    build_unit,
    day,
    instant,
)

AGENCY = build_agency([build_rule()], public_url="http://10.0.0.8:8000/")
CHANGED = instant("2026-09-22T09:00")


def test_a_day_is_an_event_of_the_whole_day_that_keeps_nobody_busy() -> None:
    row = build_obligation("2026-10-10")
    text = calendar_text([entry_of(row, AGENCY, "u@a.cn", 3, CHANGED)])
    assert "METHOD" not in text
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event.decoded("DTSTART") == day("2026-10-10")
    assert event.decoded("DTEND") == day("2026-10-11")
    assert event.decoded("DTSTAMP") == CHANGED
    assert (event["UID"], event["SEQUENCE"], event["TRANSP"]) == ("u@a.cn", 3, "TRANSPARENT")
    assert event["SUMMARY"] == "【期限】市财政局：按月公开财政收支情况（2026年10月）"
    assert event["DESCRIPTION"].splitlines() == [
        "期限：2026-10-10（星期六）到期",
        "依据：《政务公开工作要点》国办发〔2026〕1号；口径：每月一次，每月的最后一日前（默认口径）",
        "办结后请登记，登记后日程自动取消：http://10.0.0.8:8000/",
    ]
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("TRIGGER") == -timedelta(days=1)


def test_a_day_off_says_until_when_to_act_and_a_provisional_one_says_so() -> None:
    row = build_obligation(due=replace(on_day(date(2026, 10, 11), CALENDAR), provisional=True))
    (event,) = icalendar.Calendar.from_ical(
        calendar_text([entry_of(row, AGENCY, "u", 0, CHANGED)])
    ).walk("VEVENT")
    assert event["SUMMARY"].startswith("【期限·暂定】")
    assert "宜在2026-10-10（星期六）前办理（暂定，放假安排尚未公布）" in event["DESCRIPTION"]


def test_an_hour_is_an_instant_and_what_is_over_wakes_nobody() -> None:
    row = build_obligation("2026-10-12", due_at=instant("2026-10-12T03:10"))
    entry = entry_of(row, AGENCY, "u", 0, CHANGED)
    cancel(entry)
    (event,) = icalendar.Calendar.from_ical(calendar_text([entry], "CANCEL")).walk("VEVENT")
    assert event.decoded("DTSTART") == datetime(2026, 10, 11, 19, 10, tzinfo=UTC)
    assert "DTEND" not in event
    assert event["STATUS"] == "CANCELLED"
    assert event.walk("VALARM") == []


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1
)


@given(NAMES, NAMES, st.integers(0, 60))
def test_whatever_the_words_no_line_is_too_long_and_both_readers_agree(
    quote: str, name: str, filler: int
) -> None:
    agency = build_agency(
        [build_rule(quote="期" * filler + quote)], units=[build_unit(name="限" * filler + name)]
    )
    entry = entry_of(build_obligation(), agency, "u@a.cn", 0, CHANGED)
    invite(entry, Address("办公室" + name.replace("\\", ""), addr_spec="q@a.cn"), "z@a.cn")
    raw = calendar_text([entry], "REQUEST").encode()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert all(line.decode() or True for line in raw.split(b"\r\n"))
    (first,) = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    second = vobject.readOne(raw.decode()).vevent
    assert first["SUMMARY"] == second.summary.value
    assert second.organizer.value == "mailto:q@a.cn"
