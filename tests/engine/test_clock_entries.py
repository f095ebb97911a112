"""Clock entries are stored with what they move, and every way to recompute a date heeds them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from engine.agency import Agency
from engine.clock_changes import enter
from engine.clock_corrections import correct, correct_start
from engine.clock_entries import ClockEntry, changes_of, entries_of, standing
from engine.database import reading, writing
from engine.derivation import derive
from engine.errors import NotAllowed
from engine.event_clocks import Change, Exclude, Extend, Restart
from engine.events import Event, record_event
from engine.impact import Basis, impact
from engine.instants import parse_event
from engine.journal import journal_of
from engine.obligations import Obligation, complete
from engine.tracing import answers_of, trace_of
from engine.workdays import WorkCalendar
from rules.amounts import Amount
from rules.catalogue_files import load_catalogue
from rules.rule import Anchor, Document
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    calendar_through,
    day,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-06-30T10:00")
CATALOGUE = load_catalogue()
REPLY = "zfxxgk-tiaoli-2019-33-reply"
ASK = "gbf-2017-24-65"  # by the legal limit: it refers to the reply


def office(*rules: str, readings: dict[str, str] | None = None) -> Agency:
    """Real rules, with the clauses of the catalogue."""
    chosen = [
        rule
        for rule in CATALOGUE.rules.values()
        if rule.id == ASK or rule.document.id == "zfxxgk-tiaoli"
    ]
    duties = [build_duty(rule, since="2018-01-01") for rule in rules or (REPLY,)]
    built = build_agency(chosen, duties, readings=readings)
    return replace(built, catalogue=replace(built.catalogue, clauses=CATALOGUE.clauses))


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def begin(
    db: Engine,
    agency: Agency,
    moment: str = "2026-03-02",
    trigger: str = "收到申请",
    unit: str = "finance",
    reference: str = "1号",
    now: datetime = NOW,
) -> list[Obligation]:
    with writing(db) as session:
        _, rows, _ = record_event(session, agency, CALENDAR, trigger=trigger, unit=unit, moment=parse_event(moment), reference=reference, by="张三", now=now)  # fmt: skip
        return rows


def change(db: Engine, agency: Agency, *changes: Change, id_: int = 1, now: datetime = NOW) -> date:
    with writing(db) as session:
        for one in changes:
            row = enter(session, agency, CALENDAR, id_, one, by="张三", now=now)
        return row.due_on


def run(db: Engine, agency: Agency, calendar: WorkCalendar = CALENDAR, now: datetime = NOW) -> None:
    with writing(db) as session:
        derive(session, agency, calendar, now)


def stored(db: Engine) -> dict[int, Obligation]:
    with reading(db) as session:
        rows = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
        return {row.id or 0: row for row in rows}


EXCLUDE = Exclude(day("2026-03-06"), day("2026-03-18"))


def extend(at: str, amount: str = "20WD") -> Extend:
    return Extend(day(at), Amount.parse(amount), "李主任")


EXTEND = extend("2026-03-20")


def test_what_was_entered_comes_back_as_it_was(db: Engine) -> None:
    agency = office()
    begin(db, agency, "2026-03-02T09:00")
    changes: list[Change] = [
        Exclude(instant("2026-03-06T15:00"), instant("2026-03-18T23:59"), reason="听证"),
        EXTEND,
        Restart(instant("2026-03-02T10:00")),
    ]
    change(db, agency, *changes)
    with reading(db) as session:
        found = changes_of(session, 1, {})
        entries = entries_of(session, 1)
    assert found == [replace(one, clause=None) for one in changes]
    assert [entry.clause for entry in entries] == [
        "zfxxgk-tiaoli-2019-33-opinions",
        "zfxxgk-tiaoli-2019-33-extension",
        "zfxxgk-tiaoli-2019-30-restart",
    ]
    assert standing(entries) == entries


def test_a_date_that_moves_has_another_version_and_one_that_stays_has_not(db: Engine) -> None:
    agency = office()
    begin(db, agency)
    assert change(db, agency, Restart(day("2026-03-02"))) == day("2026-03-30")
    assert stored(db)[1].version == 1
    assert change(db, agency, EXTEND) == day("2026-04-28")
    assert stored(db)[1].version == 2
    with reading(db) as session:
        kinds = [entry.kind for entry in journal_of(session, 1)]
    assert kinds == ["created", "restart", "extend", "moved"]


def test_a_refused_entry_stores_nothing(db: Engine) -> None:
    agency = office()
    begin(db, agency)
    with pytest.raises(NotAllowed, match="超过上限"):
        change(db, agency, extend("2026-03-20", "21WD"))
    with reading(db) as session:
        assert session.exec(select(ClockEntry)).all() == []
        assert len(journal_of(session, 1)) == 1
    assert (stored(db)[1].due_on, stored(db)[1].version) == (day("2026-03-30"), 1)


def test_deriving_again_changes_nothing(db: Engine) -> None:
    agency = office()
    begin(db, agency)
    change(db, agency, EXCLUDE, EXTEND)
    before = stored(db)
    for _ in range(2):  # the first lays down the watermark
        run(db, agency)
    assert stored(db) == before
    assert before[1].due_on == day("2026-05-12")


def test_an_announced_holiday_moves_what_was_restarted_and_extended(db: Engine) -> None:
    """As the notice of 2019-11-21 was not yet known, and then with it."""
    agency, now = office(), instant("2019-12-10T10:00")
    before = calendar_through(2019)
    with writing(db) as session:
        record_event(session, agency, before, trigger="收到申请", unit="finance", moment=day("2019-11-25"), reference="1号", by="张三", now=now)  # fmt: skip
        restart = Restart(day("2019-12-06"))
        enter(session, agency, before, 1, restart, by="张三", now=now)
        enter(session, agency, before, 1, extend("2019-12-09"), by="张三", now=now)
    run(db, agency, before, now)
    believed = stored(db)[1]
    foreseen = impact(db, Basis(agency, CALENDAR), now)
    run(db, agency, CALENDAR, now)
    known = stored(db)[1]
    assert believed.provisional
    assert not known.provisional
    assert known.due_on == CALENDAR.add(day("2019-12-06"), 40)
    assert believed.earliest <= known.due_on <= believed.latest
    assert [one.new_due_on for one in foreseen.moved] == [known.due_on]
    with reading(db) as session:
        steps = trace_of(session, agency, CALENDAR, session.get_one(Obligation, 1))
    assert steps[-1].date == known.due_on


def test_a_limit_that_is_read_anew_keeps_its_changes(db: Engine) -> None:
    before, after = office(), office(readings={REPLY: "15WD"})
    begin(db, before)
    change(db, before, EXCLUDE)
    run(db, before)
    run(db, after, now=instant("2026-03-19T10:00"))
    assert stored(db)[1].due_on == day("2026-04-02")
    assert stored(db)[1].reading == "15个工作日内（口径）"


def test_a_limit_that_is_read_in_another_measure_keeps_its_date_until_it_is_corrected(
    db: Engine,
) -> None:
    waits = build_rule("paper-1-01", "vague_prompt", "", trigger="政策出台")
    clause = replace(CATALOGUE.clauses["zfxxgk-tiaoli-2019-35-delay"], rules=("paper-1-01",))

    def agency(value: str) -> Agency:
        built = build_agency([waits], readings={"paper-1-01": value})
        return replace(built, catalogue=replace(built.catalogue, clauses={clause.id: clause}))

    begin(db, agency("20WD"), trigger="政策出台")
    change(db, agency("20WD"), EXTEND)
    run(db, agency("20WD"))
    run(db, agency("P20D"))
    assert stored(db)[1].due_on == day("2026-04-28")
    with reading(db) as session:
        (step,) = trace_of(session, agency("P20D"), CALENDAR, session.get_one(Obligation, 1))
    assert "按当时的口径推算" in step.text
    with writing(db) as session:
        fixed = {"amount": Amount.parse("P10D")}
        row = correct(session, agency("P20D"), CALENDAR, 1, 1, fixed, by="张三", reason="口径改按日", now=NOW)  # fmt: skip
    assert row.due_on == day("2026-04-01")


def test_the_legal_limit_has_the_clock_of_the_rule_that_it_refers_to(db: Engine) -> None:
    agency = office(ASK)
    begin(db, agency, trigger="依申请公开")
    assert change(db, agency, EXCLUDE, EXTEND) == day("2026-05-12")
    with reading(db) as session:
        row = session.get_one(Obligation, 1)
        steps = trace_of(session, agency, CALENDAR, row)
    assert [step.basis for step in steps if "第三十三条" in step.basis and "征求" in step.text]
    assert steps[-1].date == day("2026-05-12")
    with pytest.raises(NotAllowed, match="此前已延20个工作日"):
        change(db, agency, extend("2026-03-25", "1WD"))


def test_of_the_wording_before_2019_the_old_cap_counts(db: Engine) -> None:
    agency = office(ASK)
    begin(db, agency, "2019-05-14", trigger="依申请公开")
    with pytest.raises(NotAllowed, match="请改为不超过 15WD"):
        change(db, agency, extend("2019-05-20"))
    with pytest.raises(NotAllowed, match="第二十四条"):
        change(db, agency, extend("2019-05-20", "16WD"))


def test_a_clause_that_was_not_in_force_on_the_events_day_allows_nothing(db: Engine) -> None:
    agency = office()
    begin(db, agency)
    ended = {
        id_: replace(clause, until=day("2026-03-01"))
        for id_, clause in agency.catalogue.clauses.items()
    }
    without = replace(agency, catalogue=replace(agency.catalogue, clauses=ended))
    with pytest.raises(NotAllowed, match="没有规定可以延期"):
        change(db, without, EXTEND)


ROOM = build_rule("paper-1-01", "before_event", "P7D", trigger="听证会")
SAME = build_rule("paper-1-02", "simultaneous", "", trigger="听证会", hard=True)


def test_what_is_counted_back_from_an_event_moves_with_the_event_alone(db: Engine) -> None:
    agency = build_agency([ROOM, SAME])
    begin(db, agency, "2026-07-20", trigger="听证会")
    for id_ in (1, 2):
        with pytest.raises(NotAllowed, match="不是从事由往后计算的"):
            change(db, agency, Restart(day("2026-06-29")), id_=id_)
    with writing(db) as session:
        correct_start(session, agency, CALENDAR, 1, day("2026-07-24"), by="张三", reason="改期", now=NOW)  # fmt: skip
    rows = stored(db)
    assert [row.due_on for row in rows.values()] == [day("2026-07-17"), day("2026-07-24")]
    assert [row.version for row in rows.values()] == [2, 2]


def test_an_event_without_a_number_is_called_by_its_new_day(db: Engine) -> None:
    agency = office()
    begin(db, agency, reference="")
    with writing(db) as session:
        correct_start(session, agency, CALENDAR, 1, day("2026-02-27"), by="张三", reason="误", now=NOW)  # fmt: skip
    row = stored(db)[1]
    assert (row.period, row.opens_on) == ("2026-02-27", day("2026-02-27"))
    assert (row.occurrence, row.due_on) == ("event:1", day("2026-03-26"))


NEWS = build_rule("n", "after_event", "12WD", trigger="重大突发事件")
OTHER = Document("paper-2", "文件二", number="〔2026〕2号")
NAMED = build_rule("s", "after_event", "10WD", trigger="突发事件的舆情", document=OTHER)


SOON = instant("2026-03-12T17:00")


def linked() -> Agency:
    return build_agency([replace(NEWS, same_as=("s",)), replace(NAMED, same_as=("n",))])


def states(db: Engine) -> dict[str, tuple[str, date]]:
    return {row.rule: (row.status.value, row.due_on) for row in stored(db).values()}


def both(db: Engine) -> tuple[Agency, int]:
    """Linked duties of one event, known by two names; the id of the stricter, which stands."""
    agency = linked()
    begin(db, agency, trigger="重大突发事件", now=SOON)
    (row,) = begin(db, agency, trigger="突发事件的舆情", now=SOON)
    run(db, agency, now=SOON)
    assert states(db) == {"n": ("waived", day("2026-03-18")), "s": ("open", day("2026-03-16"))}
    return agency, row.id or 0


def test_a_restart_does_not_raise_the_linked_duty_that_was_governed(db: Engine) -> None:
    agency, id_ = both(db)
    expected = {"n": ("waived", day("2026-03-18")), "s": ("open", day("2026-03-26"))}
    assert change(db, agency, Restart(day("2026-03-12")), id_=id_, now=SOON) == day("2026-03-26")
    run(db, agency, calendar_through(2025), SOON)  # everything is computed again
    run(db, agency, now=SOON)
    assert states(db) == expected
    with writing(db) as session:
        complete(session, id_, by="张三", at=SOON, evidence="", now=SOON)
    run(db, agency, calendar_through(2025), SOON)
    assert states(db) == expected | {"s": ("done", day("2026-03-26"))}


def test_an_event_that_has_two_names_is_corrected_under_both(db: Engine) -> None:
    agency, id_ = both(db)
    with writing(db) as session:
        correct_start(session, agency, CALENDAR, id_, day("2026-03-05"), by="张三", reason="误", now=SOON)  # fmt: skip
    with reading(db) as session:
        assert {event.moment for event in session.exec(select(Event)).all()} == {day("2026-03-05")}
    run(db, agency, calendar_through(2025), SOON)
    run(db, agency, now=SOON)
    assert states(db) == {"n": ("waived", day("2026-03-18")), "s": ("open", day("2026-03-19"))}


def test_an_event_of_all_units_moves_for_each(db: Engine) -> None:
    rule = build_rule("paper-1-01", "after_event", "20WD", trigger="收到申请")
    agency = build_agency(
        [rule],
        [build_duty(), build_duty(unit="health")],
        units=[build_unit(), build_unit("health", "市卫生健康委")],
    )
    begin(db, agency, unit="all")
    change(db, agency, EXCLUDE, id_=2)
    with writing(db) as session:
        correct_start(session, agency, CALENDAR, 1, day("2026-03-03"), by="张三", reason="误", now=NOW)  # fmt: skip
    assert [row.due_on for row in stored(db).values()] == [day("2026-03-31"), day("2026-04-13")]


def test_a_rule_that_is_gone_says_so(db: Engine) -> None:
    begin(db, office())
    other = build_agency([build_rule()])
    for act in (
        lambda session: enter(session, other, CALENDAR, 1, EXCLUDE, by="张三", now=NOW),
        lambda session: correct_start(session, other, CALENDAR, 1, day("2026-03-03"), by="张三", reason="误", now=NOW),
    ):  # fmt: skip
        with pytest.raises(NotAllowed, match="已不在目录中"), writing(db) as session:
            act(session)


def test_a_limit_of_several_begins_anew_and_its_extension_is_refused(db: Engine) -> None:
    rule = build_rule(kind="after_event", value="earlier(20WD,P1M)", trigger="收到申请")
    agency = build_agency([rule])
    begin(db, agency)
    assert change(db, agency, Restart(day("2026-03-18"))) == day("2026-04-16")
    with reading(db) as session:
        texts = [one.text for one in trace_of(session, agency, CALENDAR, session.get_one(Obligation, 1))]  # fmt: skip
    assert "1个月内：2026-04-20（星期一）" in texts
    with pytest.raises(NotAllowed, match="没有规定可以延期"):
        change(db, agency, Extend(day("2026-03-20"), Amount.parse("5WD"), "李主任"))
    run(db, agency, calendar_through(2025))
    run(db, agency)
    with reading(db) as session:
        assert session.get_one(Obligation, 1).due_on == day("2026-04-16")
        assert len(entries_of(session, 1)) == 1


def test_the_readings_of_a_date_are_those_of_the_clock_that_runs(db: Engine) -> None:
    rule = build_rule(kind="after_event", value="P20D", trigger="收到申请")
    agency = build_agency([rule])
    begin(db, agency, "2026-01-28")
    asked = Exclude(day("2026-02-02"), day("2026-02-05"))
    assert change(db, agency, asked) == day("2026-02-24")
    with reading(db) as session:
        row = session.get_one(Obligation, 1)
        (other,) = answers_of(session, agency, CALENDAR, row).alternatives
    assert (other.reading, other.due_on) == ("不顺延", day("2026-02-20"))
    assert row.act_by == day("2026-02-14")


def test_the_day_to_act_of_a_changed_clock_is_right_under_the_open_reading(db: Engine) -> None:
    """The paper has two days from which to count; a restart has one."""
    paper = Document("p", "文件", adopted=day("2026-03-02"), published=day("2026-03-09"))
    built = build_rule(kind="after_event", value="P20D", trigger="收到申请", document=paper)
    agency = build_agency([replace(built, anchor=Anchor.ASSUMED)])
    begin(db, agency, "2026-03-09")
    assert change(db, agency, Exclude(day("2026-03-16"), day("2026-03-20"))) == day("2026-04-02")
    with reading(db) as session:
        assert session.get_one(Obligation, 1).act_by == day("2026-03-26")
    assert change(db, agency, Restart(day("2026-03-23"))) == day("2026-04-13")
    with reading(db) as session:
        row = session.get_one(Obligation, 1)
        assert row.act_by == day("2026-04-10")
        (other,) = answers_of(session, agency, CALENDAR, row).alternatives
    assert (other.reading, other.due_on) == ("不顺延", day("2026-04-12"))
