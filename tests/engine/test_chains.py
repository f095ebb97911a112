"""A duty that starts after another's completion: limits from each, a rhythm from the first."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.chains import follow, take_back
from engine.clock_changes import enter
from engine.clock_corrections import correct_start
from engine.database import reading, writing
from engine.derivation import derive
from engine.errors import NotAllowed, UnknownTrigger
from engine.event_clocks import Exclude
from engine.events import record_event, triggers
from engine.journal import journal_of
from engine.notices import Notice, NoticeDay
from engine.obligations import Obligation, Status, complete, reopen
from engine.tracing import trace_of
from engine.workdays import work_calendar
from rules.rule import Document, Rule
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    day,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-10-12T09:30")
CHECK = build_rule("paper-1-01", "periodic", "P3M", quote="做好季度抽查")
REPORT = replace(
    build_rule("paper-1-02", "vague_prompt", "", trigger="季度抽查", quote="及时公开抽查情况"),
    starts_after=CHECK.id,
)
LIST = build_rule("paper-1-03", "fixed_deadline", "2026-12-31", quote="年内编制目录")
RENEW = replace(build_rule("paper-1-04", "continuous", ""), starts_after=LIST.id)
FIVE = {REPORT.id: "5WD"}
UNITS = [build_unit(), build_unit("health", "市卫生健康委"), build_unit("press", "市网信办")]


def office(*pairs: tuple[Rule, str], readings: dict[str, str] | None = None) -> Agency:
    rules = list(dict.fromkeys(rule for rule, _ in pairs))
    duties = [build_duty(rule.id, unit) for rule, unit in pairs]
    return build_agency(rules, duties, units=UNITS, readings=readings, horizon_days=100)


BOTH = office((CHECK, "finance"), (REPORT, "finance"), readings=FIVE)


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def run(db: Engine, agency: Agency, now: str = "2026-10-12T09:30") -> int:
    with writing(db) as session:
        return derive(session, agency, CALENDAR, instant(now))


def of(session: Session, rule: Rule, unit: str = "finance") -> list[Obligation]:
    query = select(Obligation).where(Obligation.rule == rule.id, Obligation.unit == unit)
    return list(session.exec(query.order_by(col(Obligation.due_on))).all())


def first_of(session: Session, rule: Rule, occurrence: str, unit: str = "finance") -> Obligation:
    return next(row for row in of(session, rule, unit) if row.occurrence == occurrence)


def finish(
    db: Engine, agency: Agency, rule: Rule, occurrence: str, at: str, unit: str = "finance"
) -> None:
    with writing(db) as session:
        first = first_of(session, rule, occurrence, unit)
        assert first.id
        row = complete(session, first.id, by="张三", at=instant(at), evidence="", now=NOW)
        follow(session, agency, CALENDAR, row, NOW)


def undo(db: Engine, agency: Agency, rule: Rule, occurrence: str) -> list[Obligation]:
    with writing(db) as session:
        first = first_of(session, rule, occurrence)
        assert first.id
        opened = reopen(session, first.id, by="张三", reason="误登", now=NOW)
        return take_back(session, agency, opened, by="张三", now=NOW)


def found(db: Engine, rule: Rule, unit: str = "finance") -> list[tuple[str, str, Status]]:
    with reading(db) as session:
        return [(row.period, str(row.due_on), row.status) for row in of(session, rule, unit)]


Q3 = ("2026年第三季度（3号办结）", "2026-10-14", Status.OPEN)


def test_a_completion_begins_the_next_limit_and_says_so(db: Engine) -> None:
    run(db, BOTH)
    assert found(db, REPORT) == []
    finish(db, BOTH, CHECK, "2026-Q3", "2026-09-30T17:00")
    assert found(db, REPORT) == [("2026年第三季度（3号办结）", "2026-10-13", Status.OPEN)]
    with reading(db) as session:
        (row,) = of(session, REPORT)
        step = trace_of(session, BOTH, CALENDAR, row)[0]
    assert step.date == day("2026-09-30")
    assert "“做好季度抽查”（paper-1-01，2026年第三季度（3号办结））" in step.text


def test_each_occurrence_begins_one_of_its_own_and_once(db: Engine) -> None:
    run(db, BOTH)
    for occurrence in ("2026-Q2", "2026-Q3"):
        finish(db, BOTH, CHECK, occurrence, "2026-10-08T10:00")
    with writing(db) as session:
        again = follow(session, BOTH, CALENDAR, first_of(session, CHECK, "2026-Q3"), NOW)
    run(db, BOTH)
    assert again == 0
    assert [period for period, *_ in found(db, REPORT)] == [
        "2026年第二季度（2号办结）",
        "2026年第三季度（3号办结）",
    ]


def test_what_waits_begins_nothing_and_makes_up_for_it_when_it_is_decided(db: Engine) -> None:
    waits = office((CHECK, "finance"), (REPORT, "finance"))
    run(db, waits)
    finish(db, waits, CHECK, "2026-Q3", "2026-10-08T10:00")
    assert found(db, REPORT) == []
    assert run(db, BOTH) == 1
    assert found(db, REPORT) == [Q3]
    run(db, waits)
    assert [status for *_, status in found(db, REPORT)] == [Status.WAIVED]


def test_a_completion_that_is_taken_back_takes_the_next_one_with_it(db: Engine) -> None:
    run(db, BOTH)
    finish(db, BOTH, CHECK, "2026-Q3", "2026-09-25T17:00")  # the report is late on the 12th
    assert undo(db, BOTH, CHECK, "2026-Q3") == []
    assert [status for *_, status in found(db, REPORT)] == [Status.WAIVED]
    sooner = office((CHECK, "finance"), (REPORT, "finance"), readings={REPORT.id: "3WD"})
    run(db, sooner)  # derived anew: it stays taken back
    assert [status for *_, status in found(db, REPORT)] == [Status.WAIVED]
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-08T10:00")
    assert found(db, REPORT) == [Q3]


def test_what_was_completed_again_meanwhile_counts_from_its_new_time(db: Engine) -> None:
    alone = office((CHECK, "finance"))
    run(db, BOTH)
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-08T10:00")
    run(db, alone)  # nobody owes the report any more
    undo(db, alone, CHECK, "2026-Q3")
    finish(db, alone, CHECK, "2026-Q3", "2026-10-09T10:00")
    assert [status for *_, status in found(db, REPORT)] == [Status.WAIVED]
    run(db, BOTH)
    assert found(db, REPORT) == [("2026年第三季度（3号办结）", "2026-10-15", Status.OPEN)]


def test_a_reading_that_moves_what_began_with_a_completion_says_so(db: Engine) -> None:
    run(db, BOTH)
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-08T10:00")
    run(db, office((CHECK, "finance"), (REPORT, "finance"), readings={REPORT.id: "6WD"}))
    assert found(db, REPORT) == [("2026年第三季度（3号办结）", "2026-10-15", Status.OPEN)]
    with reading(db) as session:
        (row,) = of(session, REPORT)
    told = "到期日由2026-10-14改为2026-10-15，宜办日2026-10-15，规则、口径或责任有变动"
    assert (row.moved, row.moved_at) == (told, NOW)


def test_what_is_done_stays_done_when_the_first_is_opened_again(db: Engine) -> None:
    run(db, BOTH)
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-08T10:00")
    with writing(db) as session:
        (row,) = of(session, REPORT)
        assert row.id
        complete(session, row.id, by="李四", at=NOW, evidence="", now=NOW)
    (left,) = undo(db, BOTH, CHECK, "2026-Q3")
    assert [status for *_, status in found(db, REPORT)] == [Status.DONE]
    with reading(db) as session:
        said = [journal_of(session, id_ or 0)[-1] for id_ in (3, left.id)]
    assert [(entry.kind, entry.by) for entry in said] == [("take_back", "张三")] * 2
    assert said[0].text == (
        f"其后的事项已经办结，请核对：“及时公开抽查情况”（{left.id}号，2026年第三季度（3号办结））"
    )
    assert said[1].text == "前一事项（3号，2026年第三季度）恢复待办，本事项仍为已办结，请核对"


def test_the_units_own_completion_counts_and_others_where_it_has_none(db: Engine) -> None:
    agency = office(
        (CHECK, "finance"), (REPORT, "finance"), (CHECK, "health"), (REPORT, "press"), readings=FIVE
    )
    run(db, agency)
    first = {"finance": "2026-10-08T10:00", "health": "2026-10-09T10:00"}
    for unit, at in first.items():
        finish(db, agency, CHECK, "2026-Q3", at, unit)
    assert [due for _, due, _ in found(db, REPORT)] == ["2026-10-14"]
    assert [due for _, due, _ in found(db, REPORT, "press")] == ["2026-10-15"]


def test_by_hand_only_what_nothing_completed_begins(db: Engine) -> None:
    alone = office((REPORT, "finance"), readings=FIVE)
    assert list(triggers(alone)) == ["季度抽查"]
    assert list(triggers(BOTH)) == []
    for trigger in ("季度抽查", f"办结 {CHECK.id}"):
        with writing(db) as session, pytest.raises(UnknownTrigger):
            record_event(
                session,
                BOTH,
                CALENDAR,
                trigger=trigger,
                unit="finance",
                moment=NOW,
                reference="",
                by="张三",
                now=NOW,
            )


def test_a_rhythm_begins_on_the_day_of_the_completion(db: Engine) -> None:
    agency = office((LIST, "finance"), (RENEW, "finance"), readings={RENEW.id: "P10D"})
    run(db, agency)
    assert found(db, RENEW) == []
    finish(db, agency, LIST, "2026-12-31", "2026-10-09T16:00")
    run(db, agency)
    assert [due for _, due, _ in found(db, RENEW)][:3] == ["2026-10-18", "2026-10-28", "2026-11-07"]
    with reading(db) as session:
        steps = trace_of(session, agency, CALENDAR, of(session, RENEW)[0])
    assert steps[0].text.endswith("于2026-10-09办结，本事项由此开始")
    assert steps[1].text.startswith("机关确定口径：每10日一次")
    assert steps[2].text == "本期为2026-10-09（星期五）至2026-10-18（星期日）"
    with writing(db) as session:
        done = of(session, RENEW)[0]
        complete(session, done.id or 0, by="李四", at=NOW, evidence="", now=NOW)
    left = undo(db, agency, LIST, "2026-12-31")
    assert [one.id for one in left] == [done.id]
    run(db, agency)
    assert {status for *_, status in found(db, RENEW)[1:]} == {Status.WAIVED}
    assert found(db, RENEW)[0][2] is Status.DONE


def test_a_later_wording_of_the_first_begins_the_next_too(db: Engine) -> None:
    old = replace(CHECK, until=day("2026-06-30"))
    new = replace(CHECK, id="paper-1-05", since=day("2026-07-01"), replaces=CHECK.id)
    duties = [build_duty(old.id), build_duty(REPORT.id)]
    agency = build_agency([old, new, REPORT], duties, readings=FIVE, horizon_days=100)
    run(db, agency)
    finish(db, agency, new, "2026-Q3", "2026-10-08T10:00")
    assert [due for _, due, _ in found(db, REPORT)] == ["2026-10-14"]


def test_of_linked_chains_the_stricter_stands(db: Engine) -> None:
    other = Document("paper-2", "另一文件")
    check = replace(build_rule("paper-2-01", value="P3M", document=other), same_as=(CHECK.id,))
    report = replace(
        build_rule("paper-2-02", "vague_prompt", "", document=other),
        starts_after=check.id,
        same_as=(REPORT.id,),
    )
    rules = [
        replace(CHECK, same_as=(check.id,)),
        replace(REPORT, same_as=(report.id,)),
        check,
        report,
    ]
    agency = build_agency(rules, readings=FIVE | {report.id: "3WD"}, horizon_days=100)
    run(db, agency)
    finish(db, agency, rules[0], "2026-Q3", "2026-10-08T10:00")
    assert found(db, REPORT) == []
    assert [due for _, due, _ in found(db, report)] == ["2026-10-12"]


def test_what_was_taken_out_of_a_limit_stays_out_when_its_beginning_is_recorded_again(
    db: Engine,
) -> None:
    run(db, BOTH)
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-08T10:00")
    asked = Exclude(day("2026-10-09"), day("2026-10-12"), reason="征求意见")
    with writing(db) as session:
        (row,) = of(session, REPORT)
        assert row.id
        enter(session, BOTH, CALENDAR, row.id, asked, by="张三", now=NOW)
    later = (Q3[0], "2026-10-16", Status.OPEN)  # 10-10 is a working Saturday
    assert found(db, REPORT) == [later]
    with writing(db) as session:
        follow(session, BOTH, CALENDAR, first_of(session, CHECK, "2026-Q3"), NOW)
    assert found(db, REPORT) == [later]
    with reading(db) as session:
        texts = [step.text for step in trace_of(session, BOTH, CALENDAR, of(session, REPORT)[0])]
    assert any("征求意见，不计入" in text for text in texts)
    assert "于2026-10-08办结，本事项由此开始" in texts[0]
    undo(db, BOTH, CHECK, "2026-Q3")
    assert found(db, REPORT) == [(*later[:2], Status.WAIVED)]
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-09T10:00")
    assert found(db, REPORT) == [(Q3[0], "2026-10-19", Status.OPEN)]


def test_the_time_of_a_completion_is_corrected_where_it_was_recorded(db: Engine) -> None:
    run(db, BOTH)
    finish(db, BOTH, CHECK, "2026-Q3", "2026-10-08T10:00")
    with writing(db) as session:
        (row,) = of(session, REPORT)
        assert row.id
        with pytest.raises(NotAllowed, match="恢复（reopen）前一事项"):
            correct_start(session, BOTH, CALENDAR, row.id, day("2026-10-09"), by="张三", reason="误", now=NOW)  # fmt: skip
    assert found(db, REPORT) == [Q3]


def test_a_limit_after_a_completion_counts_by_the_calendar_of_its_unit(db: Engine) -> None:
    festival = Notice(
        "450000",
        "桂政办电〔2026〕9号",
        day("2026-03-20"),
        "关于地方放假的通知",
        (NoticeDay(day("2026-10-13"), False, "地方节日"),),
    )
    calendar = work_calendar((festival,))
    south = replace(UNITS[0], region="450100")
    agency = replace(BOTH, units=BOTH.units | {"finance": south})
    with writing(db) as session:
        derive(session, agency, calendar, NOW)
        first = first_of(session, CHECK, "2026-Q3")
        assert first.id
        at = instant("2026-10-08T10:00")
        follow(session, agency, calendar, complete(session, first.id, by="张三", at=at, evidence="", now=NOW), NOW)  # fmt: skip
        (row,) = of(session, REPORT)
        assert row.due_on == day("2026-10-15")
        texts = [step.text for step in trace_of(session, agency, calendar, row)]
        assert any("地方节日" in text for text in texts)
