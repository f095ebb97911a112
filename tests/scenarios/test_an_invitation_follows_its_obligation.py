"""What stands on a person's calendar is what is owed: it comes, moves and goes by mail."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.database import writing
from engine.deliveries import Purpose, State
from engine.due_dates import on_day
from engine.invitations import plan_invitations
from engine.obligations import Obligation, move, reopen
from notifiers.message import Message, Outcome, OutcomeKind
from tests.scenarios.calendar_of_a_person import PersonsCalendar, invitation_in
from tests.scenarios.playing import Office, duty, mail, unit
from tests.servers.smtp import MailServer

ADDRESS = "zhang@unit.gov.cn"
FIRST = "2026-09-22 09:00"  # five working days before the day to act of September
HOURS = "2026-10-03 22:10"  # a holiday, at night


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def settings(server: MailServer, invitations: bool = True) -> str:
    flag = f"invitations = {str(invitations).lower()}\n"
    return (
        mail("mail", server.port, server.ca_file)
        + flag
        + unit("office", "市政府办公室", "mail", address="head@unit.gov.cn")
        + unit("finance", "市财政局", "mail", parent="office", address=ADDRESS)
        + duty("02", "finance")
        + duty("59", "finance")
    )


def september(office: Office) -> Obligation:
    (row,) = office.obligations(Obligation.period == "2026-09", Obligation.unit == "finance")
    return row


def move_to(office: Office, day: str) -> None:
    row = september(office)
    with writing(office.db) as session:
        row = session.get_one(Obligation, row.id)
        due = on_day(date.fromisoformat(day), office.calendar)
        assert move(session, row, due, row.reading, office.now, "放假通知")


def calendar_of(server: MailServer, address: str = ADDRESS) -> PersonsCalendar:
    calendar = PersonsCalendar()
    for letter in server.letters:
        if letter.to == (address,):
            calendar.take(letter.message)
    return calendar


def invitations(office: Office) -> list[State]:
    return [row.state for row in office.deliveries() if row.purpose is Purpose.INVITATION]


def test_created_moved_twice_and_done_leaves_an_empty_calendar(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), "2026-09-18 09:00") as office:
        office.tick()
        assert invitations(office) == []  # nobody was told of anything yet
        office.tick(FIRST)
        assert calendar_of(server).days == [date(2026, 9, 30)]
        office.tick("2026-09-22 09:01")
        office.tick("2026-09-22 09:30")
        assert len(invitations(office)) == 1
        move_to(office, "2026-10-09")
        office.tick("2026-09-22 10:00")
        assert calendar_of(server).days == [date(2026, 10, 9)]
        move_to(office, "2026-10-13")
        office.tick("2026-09-22 11:00")
        assert calendar_of(server).days == [date(2026, 10, 13)]
        office.complete("finance", "2026-09")
        office.tick("2026-09-22 12:00")
        office.tick("2026-09-22 12:01")
    calendar = calendar_of(server)
    assert (calendar.events, calendar.ignored) == ({}, 0)
    assert [sequence for sequence, _ in calendar.newest.values()] == [3]
    assert calendar_of(server, "head@unit.gov.cn").newest == {}  # a superior does not owe it


def test_letters_of_one_obligation_with_its_invitations_are_one_thread(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        office.tick()
        move_to(office, "2026-10-09")
        office.tick("2026-09-22 10:00")
        case = september(office).case
    roots = {str(letter.message["References"]) for letter in server.letters}
    assert len(server.letters) >= 3
    assert roots == {f"<{case}@agency.gov.cn>"}


def test_a_limit_in_hours_stands_at_its_instant_and_comes_at_night(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), HOURS) as office:
        office.event("finance", HOURS, "洪水")
        office.tick()
    days = calendar_of(server).days
    assert days == [datetime(2026, 10, 3, 19, 10, tzinfo=UTC)]
    (text,) = filter(None, (invitation_in(letter.message) for letter in server.letters))
    assert b"TRIGGER:-PT1H" in text


def test_without_the_setting_nothing_is_invited(tmp_path: Path, server: MailServer) -> None:
    with Office(tmp_path, settings(server, invitations=False), FIRST) as office:
        office.tick()
        assert office.deliveries()
        assert invitations(office) == []


class Answering:
    """Stands in for the mail channel, which it asks for everything but the answer."""

    def __init__(self, real: object, *kinds: OutcomeKind) -> None:
        self._real, self._kinds = real, list(kinds)
        self.messages: list[Message] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def send(self, message: Message, _now: datetime) -> Outcome:
        if message.calendar is None:
            return Outcome(OutcomeKind.ACCEPTED)
        self.messages.append(message)
        kind = self._kinds.pop(0) if self._kinds else OutcomeKind.ACCEPTED
        return Outcome(kind)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Method and day of each invitation."""
        return [
            (one.calendar.method, one.calendar.text.partition("DTSTART;VALUE=DATE:")[2][:8])
            for one in self.messages
            if one.calendar
        ]


def answering(office: Office, *kinds: OutcomeKind) -> Answering:
    channel = Answering(office.agency.channels["mail"], *kinds)
    office.replace_channel("mail", channel)  # type: ignore[arg-type]
    return channel


def test_what_nobody_can_have_received_is_neither_corrected_nor_cancelled(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        channel = answering(office, OutcomeKind.RETRY)
        office.tick()
        move_to(office, "2026-10-09")
        office.tick("2026-09-22 09:05")
        assert channel.told == [("REQUEST", "20260930"), ("REQUEST", "20261009")]
        assert len(invitations(office)) == 1
    (tmp_path / "b").mkdir()
    with Office(tmp_path / "b", settings(server), FIRST) as office:
        channel = answering(office, OutcomeKind.RETRY)
        office.tick()
        office.complete("finance", "2026-09")
        office.tick("2026-09-22 09:05")
        assert channel.told == [("REQUEST", "20260930")]
        assert invitations(office) == [State.SKIPPED]


def test_what_may_have_arrived_is_corrected_with_a_higher_sequence(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        channel = answering(office, OutcomeKind.UNKNOWN)
        office.tick()
        move_to(office, "2026-10-09")
        office.wait(minutes=5)  # claimed before the next tick: the old letter must not say it
        office.tick("2026-09-22 09:20")
        assert channel.told == [("REQUEST", "20260930"), ("REQUEST", "20261009")]
        assert "SEQUENCE:1" in str(channel.messages[1].calendar)
        assert invitations(office) == [State.SKIPPED, State.ACCEPTED]


def test_a_cancelled_invitation_comes_back_when_it_is_told_again(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        channel = answering(office)
        office.tick()
        office.complete("finance", "2026-09")
        office.tick("2026-09-22 10:00")
        with writing(office.db) as session:
            id_ = september(office).id
            assert id_
            reopen(session, id_, by="办公室", reason="未办结", now=office.now)
        office.tick("2026-09-22 11:00")
        assert [method for method, _ in channel.told] == ["REQUEST", "CANCEL", "REQUEST"]
        assert "SEQUENCE:2" in str(channel.messages[2].calendar)


def test_planning_twice_changes_nothing(tmp_path: Path, server: MailServer) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        answering(office)
        office.tick()
        before = office.dump()
        with writing(office.db) as session:
            assert plan_invitations(session, office.agency, office.now) == 0
        assert office.dump() == before


def test_what_is_over_or_was_only_moved_is_not_put_on_a_calendar(
    tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), "2026-09-10 09:00") as office:
        channel = answering(office)
        office.tick()
        move_to(office, "2026-10-09")
        office.tick("2026-09-10 10:00")
        assert [alert.rung for alert in office.alerts()] == ["moved"]
        office.tick("2026-10-12 09:00")  # late by now
        assert "+2" in {alert.rung for alert in office.alerts()}
        assert channel.told == []
