"""法定时限: a reference is read as the rules that it names, as worded on the day of the event."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from engine.agency import Agency
from engine.database import reading, writing
from engine.derivation import derive
from engine.errors import NoDate
from engine.events import record_event
from engine.instants import parse_event
from engine.obligations import Obligation
from engine.readings import Source, reading_of
from engine.tracing import trace_of
from rules.catalogue_files import load_catalogue
from rules.rule import Rule
from tests.builders import CALENDAR, build_agency, build_duty, build_rule, day, instant, memory

RULES = [
    rule
    for rule in load_catalogue().rules.values()
    if rule.id == "gbf-2017-24-65" or rule.document.id == "zfxxgk-tiaoli"
]
ASK = "gbf-2017-24-65"
NOW = instant("2026-11-20T10:00")


def office(rules: list[Rule], asking: str = ASK, readings: dict[str, str] | None = None) -> Agency:
    return build_agency(rules, [build_duty(asking, since="2018-01-01")], readings=readings)


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def record(
    db: Engine, agency: Agency, moment: str, trigger: str = "依申请公开", now: datetime = NOW
) -> Obligation:
    with writing(db) as session:
        _, (row,), _ = record_event(
            session,
            agency,
            CALENDAR,
            trigger=trigger,
            unit="finance",
            moment=parse_event(moment),
            reference="1号",
            by="张三",
            now=now,
        )
    return row


@pytest.mark.parametrize(
    ("moment", "due_on", "article", "number"),
    [
        ("2019-05-14", date(2019, 6, 4), "第二十四条，15个工作日内", "国务院令第492号"),
        ("2019-05-15", date(2019, 6, 13), "第三十三条，20个工作日内", "国务院令第711号"),
    ],
)
def test_the_day_of_the_event_chooses_the_wording(
    db: Engine, moment: str, due_on: date, article: str, number: str
) -> None:
    row = record(db, office(RULES), moment)
    assert row.due_on == due_on
    assert row.reading == f"《中华人民共和国政府信息公开条例》{article}（法定时限）"
    with reading(db) as session:
        first, *steps = trace_of(session, office(RULES), CALENDAR, row)
    assert first.date == day(moment)
    for part in ("《中华人民共和国政府信息公开条例》", number, "应当自收到申请之日起"):
        assert part in first.basis
    assert steps[-1].date == due_on


def test_a_day_without_a_number_says_so_and_stores_nothing(db: Engine) -> None:
    earlier = [replace(r, since=None) if r.id == ASK else r for r in RULES]
    agency = build_agency(earlier, [build_duty(ASK, since="2005-01-01", until="2010-01-01")])
    with pytest.raises(NoDate, match="所指的规定在2007-01-01没有写明期限"):
        record(db, agency, "2007-01-01")
    with reading(db) as session:
        assert session.exec(select(Obligation)).all() == []


def test_of_several_limits_the_one_that_ends_first_counts(db: Engine) -> None:
    rules = [
        replace(
            build_rule("a", "statutory_reference", "", trigger="申请"),
            refers_to=("b", "c", "d"),
        ),
        build_rule("b", "after_event", "15WD", trigger="申请"),
        build_rule("c", "after_event", "P10D", trigger="申请"),
        build_rule("d", "vague_prompt", "", trigger="申请"),
    ]
    row = record(db, office(rules, "a"), "2026-03-02", "申请")
    assert row.due_on == day("2026-03-12")


def test_an_interpretation_goes_before_and_without_a_reference_it_waits() -> None:
    asking = next(rule for rule in RULES if rule.id == ASK)
    assert reading_of(asking).in_words == "按事由之日施行的规定（法定时限）"
    assert reading_of(replace(asking, refers_to=())).source is Source.WAITS
    decided = office(RULES, readings={ASK: "10WD"})
    assert decided.reading_on(ASK, day("2019-05-14"), CALENDAR).in_words == "10个工作日内（口径）"


def test_a_changed_wording_moves_what_began_in_its_days(db: Engine) -> None:
    agency = office(RULES)
    record(db, agency, "2026-11-02", now=NOW)
    with writing(db) as session:
        derive(session, agency, CALENDAR, NOW)
    shorter = [
        replace(r, term=build_rule(kind="after_event", value="18WD").term)
        if r.id == "zfxxgk-tiaoli-2019-33-reply"
        else r
        for r in RULES
    ]
    with writing(db) as session:
        derive(session, office(shorter), CALENDAR, NOW)
    with reading(db) as session:
        (row,) = session.exec(select(Obligation)).all()
    assert row.due_on == CALENDAR.add(day("2026-11-02"), 18)
    assert "18个工作日内" in row.reading
