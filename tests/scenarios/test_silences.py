"""No ordinary reminders for a while; what presses passes, and afterwards the late is told."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from engine.database import reading, writing
from engine.deliveries import State
from engine.errors import EngineError, NotAllowed, NotFound
from engine.journal import journal_of
from engine.resending import resend_one
from engine.silences import Scope, add_silence, end_silence
from tests.builders import Box
from tests.scenarios.playing import Office, duty, shanghai, unit, wall

SETTINGS = (
    '[[channel]]\nid = "box"\nkind = "console"\n'
    + unit("office", "市政府办公室", "box")
    + unit("finance", "市财政局", "box", parent="office")
    + unit("audit", "市审计局", "box", parent="office")
    + duty("02", "finance", "audit")
    + duty("59", "finance")
)


def silence(office: Office, until: str, reason: str = "机构合并", **scope: object) -> int:
    with writing(office.db) as session:
        row = add_silence(
            session,
            office.agency,
            Scope(**scope),  # type: ignore[arg-type]
            until=shanghai(until),
            by="王莉",
            reason=reason,
            now=office.now,
        )
        assert row.id
        return row.id


def told(office: Office) -> list[tuple[str, str, str]]:
    units = {row.id: row.unit for row in office.obligations()}
    sent = {row.id: row.state for row in office.deliveries()}
    return [
        (wall(row.send_at), units[row.obligation_id], row.rung)
        for row in office.alerts()
        if sent[row.delivery_id] is State.ACCEPTED
    ]


def played(folder: Path, now: str) -> Office:
    office = Office(folder, SETTINGS, now)
    office.replace_channel("box", Box())
    return office


@pytest.mark.parametrize("scope", ["unit", "rule", "obligation"])
def test_the_handlers_are_spared_and_the_superior_is_not(tmp_path: Path, scope: str) -> None:
    with played(tmp_path, "2026-09-29 08:00") as office:
        office.tick()
        (row,) = [
            one for one in office.obligations() if (one.unit, one.period) == ("finance", "2026-09")
        ]
        given = {"unit": {"unit": "finance"}, "rule": {"rule": row.rule}, "obligation": {"obligation_id": row.id}}[scope]  # fmt: skip
        silence(office, "2026-10-09 12:00", **given)
        for moment in ("09-29 09:00", "09-30 09:00", "10-08 09:00", "10-09 09:00", "10-09 12:00"):
            office.tick(f"2026-{moment}")
        found = told(office)
    finance = [(when, rung) for when, who, rung in found if who == "finance"]
    assert finance == [("10-08 09:00", "superior+1"), ("10-09 09:00", "+2")]
    others = sorted(rung for _, who, rung in found if who == "audit")
    assert others == (["+2"] if scope == "rule" else ["+1", "+2", "0", "1"]) + ["superior+1"]


def test_what_is_limited_by_the_hour_passes(tmp_path: Path) -> None:
    with played(tmp_path, "2026-10-03 22:00") as office:
        silence(office, "2026-10-20 12:00", unit="finance")
        office.event("finance", "2026-10-03 22:00", "演练")
        office.tick()
        assert [rung for _, _, rung in told(office)] == ["hours:start"]


def test_a_message_that_waits_is_not_sent_and_is_told_anew_afterwards(tmp_path: Path) -> None:
    with Office(tmp_path, SETTINGS, "2026-09-30 09:00", spread=True) as office:
        box = Box()
        office.replace_channel("box", box)
        office.tick()  # it waits its part of the minutes after nine
        number = silence(office, "2026-10-20 12:00", unit="finance")
        office.wait(minutes=5)
        states = {row.recipient: (row.state, row.reason) for row in office.deliveries()}
        assert states["finance"][0] is State.SKIPPED
        assert "静默" in states["finance"][1]
        assert states["audit"][0] is State.ACCEPTED
        with writing(office.db) as session:
            end_silence(session, number, by="李主任", now=office.now)
        office.tick("2026-09-30 18:00")
        assert len(box.messages) == 1
        office.tick("2026-10-01 10:00")
        assert len(box.messages) == 1
        office.tick("2026-10-08 10:00")  # the next office hour: it is late by now
        whole = "\n".join(message.body for message in box.messages[1:])
        assert "市财政局" in whole
        assert whole.count("已逾期1个工作日") >= 2


def test_what_a_silence_took_back_is_told_on_the_same_rung_when_it_ends_early(
    tmp_path: Path,
) -> None:
    with Office(tmp_path, SETTINGS, "2026-09-30 09:00", spread=True) as office:
        office.replace_channel("box", Box())
        office.tick()  # it waits its part of the minutes after nine
        number = silence(office, "2026-10-20 12:00", unit="finance")
        office.wait(minutes=5)
        with writing(office.db) as session:
            end_silence(session, number, by="李主任", now=office.now)
        office.tick("2026-09-30 09:30")
        assert [rung for _, who, rung in told(office) if who == "finance"] == ["0"]


def test_a_silence_takes_nothing_back_that_went_out(tmp_path: Path) -> None:
    """Sent again by hand under a silence: the matter stays in the message that arrived."""
    with played(tmp_path, "2026-09-30 09:00") as office:
        office.tick()
        (first,) = [row for row in office.deliveries() if row.recipient == "finance"]
        assert first.id
        before = office.dump()["alert"]
        silence(office, "2026-10-20 12:00", unit="finance")
        with writing(office.db) as session, suppress(NotAllowed):
            resend_one(session, office.agency, first.id, "王莉", "没有收到", office.now)
        assert office.dump()["alert"] == before


def test_an_ended_silence_lets_the_standing_rung_be_told_the_same_day(tmp_path: Path) -> None:
    with played(tmp_path, "2026-09-30 08:00") as office:
        office.tick()
        number = silence(office, "2026-10-20 12:00", unit="finance")
        office.tick("2026-09-30 09:00")
        with writing(office.db) as session:
            end_silence(session, number, by="李主任", now=office.now)
        office.tick("2026-09-30 09:30")
        assert [rung for _, who, rung in told(office) if who == "finance"] == ["0"]


def test_a_silence_of_one_obligation_is_in_its_journal(tmp_path: Path) -> None:
    with played(tmp_path, "2026-09-30 08:00") as office:
        office.tick()
        row = office.obligations()[0]
        number = silence(office, "2026-10-08 12:00", "等上级答复", obligation_id=row.id)
        with writing(office.db) as session:
            end_silence(session, number, by="李主任", now=office.now + timedelta(hours=1))
        with reading(office.db) as session:
            entries = [
                (one.by, one.text)
                for one in journal_of(session, row.id or 0)
                if one.kind == "silence"
            ]
    assert entries == [("王莉", "静默至2026-10-08 12:00：等上级答复"), ("李主任", "结束静默")]


def test_a_silence_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with played(tmp_path, "2026-09-30 08:00") as office:
        cases: list[tuple[str, dict[str, object], type[EngineError], str]] = [
            ("2026-10-31 00:00", {"unit": "finance"}, NotAllowed, "最长30天"),
            ("2026-09-30 08:00", {"unit": "finance"}, NotAllowed, "已经过去"),
            ("2026-10-08 00:00", {}, NotAllowed, "应写明一项"),
            ("2026-10-08 00:00", {"unit": "finance", "rule": "x"}, NotAllowed, "应写明一项"),
            ("2026-10-08 00:00", {"unit": "nobody"}, NotFound, "没有编号为“nobody”的单位"),
            ("2026-10-08 00:00", {"rule": "nothing"}, NotFound, "没有规则“nothing”"),
            ("2026-10-08 00:00", {"obligation_id": 99999}, NotFound, "99999"),
        ]
        for until, scope, kind, words in cases:
            with pytest.raises(kind, match=words):
                silence(office, until, **scope)
        number = silence(office, "2026-10-01 08:00", unit="finance")
        with writing(office.db) as session, pytest.raises(NotAllowed, match="已经结束"):
            end_silence(session, number, by="王莉", now=shanghai("2026-10-01 08:00"))
        with writing(office.db) as session, pytest.raises(NotFound, match="99"):
            end_silence(session, 99, by="王莉", now=office.now)
        assert len(office.dump()["silence"]) == 1
