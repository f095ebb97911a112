"""A person has what did not arrive sent again: each once, linked, and nothing of what is done."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col

from engine.database import reading, writing
from engine.deliveries import Delivery, State
from engine.errors import NotAllowed, NotFound
from engine.journal import journal_of
from engine.obligations import Obligation
from engine.resending import Resent, resend_between, resend_one
from notifiers.message import Fault, Outcome, OutcomeKind
from tests.builders import Box
from tests.scenarios.playing import Office, duty, shanghai, unit
from tests.scenarios.test_fallback import Always, consoles

MORNING = "2026-09-22 09:00"
TOO_LONG = Outcome(OutcomeKind.REJECTED, Fault.CONTENT, advice="内容被拒。")
NAMES = [f"unit-{place:02}" for place in range(10)]


def ten_rejected(folder: Path) -> Office:
    settings = consoles(group="") + "".join(unit(name, name, "group") for name in NAMES)
    office = Office(folder, settings + duty("02", *NAMES), MORNING)
    office.replace_channel("group", Always(TOO_LONG))
    office.tick()
    return office


def again(office: Office, first: str = "2026-09-22", last: str = "2026-09-23") -> Resent:
    with writing(office.db) as session:
        return resend_between(
            session,
            office.agency,
            shanghai(first),
            shanghai(last),
            None,
            "王管理",
            "网关已放行",
            office.now,
        )


def test_ten_that_were_rejected_are_ten_new_ones_and_none_for_what_is_done(tmp_path: Path) -> None:
    with ten_rejected(tmp_path) as office:
        old = [row.id for row in office.deliveries() if row.channel == "group"]
        office.complete("unit-03", "2026-09")
        box = Box()
        office.replace_channel("group", box)
        office.now += timedelta(hours=1)
        resent = again(office)
        twice = again(office)
        office.wake()
        new = [row for row in office.deliveries() if row.resend_of]
        with reading(office.db) as session:
            (done,) = office.obligations(
                col(Obligation.unit) == "unit-03", col(Obligation.period) == "2026-09"
            )
            (one,) = office.obligations(
                col(Obligation.unit) == "unit-04", col(Obligation.period) == "2026-09"
            )
            kinds = [entry.kind for entry in journal_of(session, done.id or 0)]
            (entry,) = [e for e in journal_of(session, one.id or 0) if e.kind == "resend"]
    assert len(resent.deliveries) == 9
    assert resent.skipped == {"已办结": [old[3]]}
    assert [row.resend_of for row in new] == [*old[:3], *old[4:]]
    assert {row.state for row in new} == {State.ACCEPTED}
    assert twice.skipped["已经在重新发送"] == [*old[:3], *old[4:]]
    assert twice.deliveries == ()
    assert len(box.messages) == 9
    assert all(message.subject.startswith("（重新发送）【期限提醒】") for message in box.messages)
    assert len({message.id for message in box.messages}) == 9
    assert "resend" not in kinds
    assert (entry.by, entry.text.endswith("：网关已放行")) == ("王管理", True)


def test_of_another_time_nothing_is_sent_again(tmp_path: Path) -> None:
    with ten_rejected(tmp_path) as office:
        assert again(office, "2026-09-21", "2026-09-22") == Resent((), {})
        assert again(office, "2026-09-22 09:01", "2026-09-22 10:00") == Resent((), {})


def one(office: Office, id_: int) -> Delivery:
    with writing(office.db) as session:
        return resend_one(session, office.agency, id_, "王管理", "没有看到", office.now)


def test_who_insists_gets_what_was_accepted_again_and_again(tmp_path: Path) -> None:
    settings = consoles(group="") + unit("finance", "财政局", "group") + duty("02", "finance")
    with Office(tmp_path, settings, MORNING) as office:
        box = Box()
        office.replace_channel("group", box)
        office.tick()
        second = one(office, 1)
        with pytest.raises(NotAllowed, match="送达记录 1 不能重新发送：已经在重新发送"):
            one(office, 1)
        with pytest.raises(NotAllowed, match="送达记录 2 不能重新发送：还在等待发送"):
            one(office, 2)
        office.wake()
        third = one(office, second.id or 0)
        office.wake()
        assert (second.resend_of, third.resend_of) == (1, 1)
        assert len(box.messages) == 3
        office.complete("finance", "2026-09")
        with pytest.raises(NotAllowed, match="不能重新发送：已办结"):
            one(office, 1)
        with pytest.raises(NotFound, match="没有编号为 9 的送达记录"):
            one(office, 9)


def test_what_the_next_morning_told_is_not_sent_again(tmp_path: Path) -> None:
    with ten_rejected(tmp_path) as office:
        office.replace_channel("group", Box())
        office.tick("2026-09-24 09:00")
        resent = again(office)
    assert resent.deliveries == ()
    assert [len(ids) for ids in resent.skipped.values()] == [10]
