"""Of linked duties of one unit the stricter date governs, and nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import col, select

from engine.agency import Agency
from engine.database import reading, writing
from engine.derivation import derive
from engine.digest import Composer
from engine.digest_items import Item
from engine.events import record_event
from engine.instants import parse_event
from engine.journal import journal_of
from engine.obligations import Obligation, Status, complete
from engine.owing import Owed, governed, owed_among
from notifiers.message import Markup
from rules.rule import Document, Rule
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_obligation,
    build_rule,
    build_unit,
    day,
    instant,
    memory,
)

NOW = instant("2026-01-05T09:00")
A, B, C = (Document(f"paper-{n}", f"文件{n}", number=f"〔2026〕{n}号") for n in "123")


def rule(
    id_: str, value: str, *same: str, kind: str = "periodic", trigger: str = "", paper: Document = A
) -> Rule:
    return replace(
        build_rule(id_, kind, value, trigger=trigger, document=paper, quote=f"事项{id_}"),
        same_as=same,
    )


def office(*rules: Rule, without: str = "", since: str = "2026-01-01") -> Agency:
    duties = [build_duty(one.id, since=since) for one in rules if one.id != without]
    return build_agency(rules, duties, horizon_days=200)


def whole(agency: Agency, first: str = "2026-01-01", last: str = "2026-12-31") -> list[Owed]:
    return [
        one
        for duty in agency.duties_in_force.values()
        for one in owed_among(agency, duty, day(first), day(last), CALENDAR)
    ]


def standing(agency: Agency, last: str = "2026-12-31") -> set[str]:
    """`m 2026-03`: what is not governed."""
    found = whole(agency, last=last)
    return {f"{one.duty.rule} {one.occurrence.period.key}" for one in found if not one.governed_by}


def pair(one: str, other: str, kind: str = "periodic") -> Agency:
    return office(rule("m", one, "q", kind=kind), rule("q", other, "m", kind=kind, paper=B))


MONTHS = {f"m 2026-{n:02}" for n in range(1, 13)}
QUARTERS = {f"q 2026-Q{n}" for n in range(1, 5)}


@pytest.mark.parametrize(
    ("one", "other", "stands"),
    [
        ("P1M", "P3M", MONTHS),  # the monthly of March is due with the quarter's
        ("P1M;day=25", "P3M", MONTHS),
        # of the quarter's last month the quarter's own date is the earlier
        (
            "P1M;after=10D",
            "P3M",
            {f"m 2026-{n:02}" for n in (1, 2, 4, 5, 7, 8, 10, 11)} | QUARTERS | {"m 2025-12"},
        ),
        ("P1M;after=10D", "P3M;after=15D", MONTHS - {"m 2026-12"} | {"m 2025-12"}),
        ("P1M", "P1M", MONTHS),  # of equal dates the first in the catalogue
        ("P1M", "P1M;day=20", {key.replace("m", "q") for key in MONTHS}),
        ("P1M", "P1Y;by=01-31", MONTHS | {"q 2026"}),
    ],
)
def test_the_stricter_of_two_rhythms_governs(one: str, other: str, stands: set[str]) -> None:
    assert standing(pair(one, other)) == stands


def test_the_figures_of_a_year_reported_in_january_are_not_those_of_its_months() -> None:
    agency = pair("P1Y;by=01-20", "P1M")
    assert standing(agency, "2026-03-31") == {"m 2026", "q 2026-02", "q 2026-03"}


def test_of_two_fixed_dates_the_earlier_governs_and_a_rhythm_governs_no_date() -> None:
    agency = pair("2026-06-30", "2026-03-31", "fixed_deadline")
    assert standing(agency) == {"q 2026-03-31"}
    mixed = office(
        rule("m", "P1M", "q"), rule("q", "2026-03-31", "m", kind="fixed_deadline", paper=B)
    )
    assert standing(mixed) == MONTHS | {"q 2026-03-31"}


def test_links_do_not_reach_further_than_they_say() -> None:
    """Two monthly duties of one paper are both linked with another's quarterly one."""
    agency = office(
        rule("a", "P1M", "q"), rule("b", "P3M", "q"), rule("q", "P3M", "a", "b", paper=B)
    )
    found = standing(agency, "2026-03-31")
    assert found == {"a 2026-01", "a 2026-02", "a 2026-03", "b 2026-Q1"}


def test_duties_of_two_units_are_not_linked() -> None:
    rules = [rule("m", "P1M", "q"), rule("q", "P3M", "m", paper=B)]
    units = [build_unit(), build_unit("health", "市卫生健康委")]
    agency = build_agency(rules, [build_duty("m"), build_duty("q", "health")], units=units)
    assert agency.linked == {}
    assert standing(agency) == MONTHS | QUARTERS


def test_each_day_in_force_is_respected() -> None:
    rules = [rule("m", "P1M", "q"), rule("q", "P3M", "m", paper=B)]
    duties = [build_duty("m", until="2026-05-31"), build_duty("q")]
    found = standing(build_agency(rules, duties))
    assert found == {f"m 2026-{n:02}" for n in range(1, 6)} | QUARTERS - {"q 2026-Q1"}


VALUES = ["P1M", "P3M", "P1W;weekday=5", "P1M;after=15D", "P1M;after=10WD", "P1Y;by=01-31", "P2M"]
LINKS = [("x", "y"), ("y", "z"), ("x", "z")]


@st.composite
def agencies(draw: st.DrawFn) -> Agency:
    chosen = draw(st.lists(st.sampled_from(LINKS), unique=True))
    same = {id_: [b if a == id_ else a for a, b in chosen if id_ in (a, b)] for id_ in "xyz"}
    rules = [
        rule(id_, draw(st.sampled_from(VALUES)), *same[id_], paper=paper)
        for id_, paper in zip("xyz", (A, B, C), strict=True)
    ]
    since = [draw(st.sampled_from(["2026-01-01", "2026-02-11", "2026-06-30"])) for _ in rules]
    duties = [build_duty(one.id, since=first) for one, first in zip(rules, since, strict=True)]
    return build_agency(rules, duties)


@given(agencies())
@settings(deadline=None, max_examples=60)
def test_what_does_not_stand_is_done_by_what_stands_and_is_due_no_later(agency: Agency) -> None:
    found = whole(agency)
    stand = [one for one in found if not one.governed_by]
    for one in found:
        doing = [
            other
            for other in stand
            if other.duty.rule in agency.catalogue.rules[one.duty.rule].same_as
            and one.occurrence.period.first <= other.due.due_on <= one.due.due_on
            and other.occurrence.period.last >= one.occurrence.period.last
        ]
        if one.governed_by:
            assert one.governed_by in {other.duty.rule for other in doing}
        else:
            assert all(other.due.due_on == one.due.due_on for other in doing)


@given(agencies(), st.integers(1, 364))
@settings(deadline=None, max_examples=60)
def test_a_plan_of_linked_duties_is_the_same_in_pieces(agency: Agency, days: int) -> None:
    cut = day("2026-01-01") + timedelta(days=days)
    before = whole(agency, last=str(cut - timedelta(days=1)))
    after = whole(agency, first=str(cut))
    assert sorted(map(repr, before + after)) == sorted(map(repr, whole(agency)))


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def run(db: Engine, agency: Agency, now: str = "2026-01-05T09:00") -> int:
    with writing(db) as session:
        return derive(session, agency, CALENDAR, instant(now))


def stored(db: Engine) -> list[Obligation]:
    with reading(db) as session:
        return list(session.exec(select(Obligation).order_by(col(Obligation.id))).all())


def open_rows(db: Engine, before: str = "2026-04-01") -> set[str]:
    rows = [row for row in stored(db) if row.status is Status.OPEN and row.due_on < day(before)]
    return {f"{row.rule} {row.period}" for row in rows}


def sentences(db: Engine, rule_: str) -> list[str]:
    with reading(db) as session:
        row = next(row for row in stored(db) if row.rule == rule_)
        return [entry.text for entry in journal_of(session, row.id or 0)]


PAIR = [rule("m", "P1M", "q"), rule("q", "P3M", "m", paper=B)]
QUARTER = {"q 2026-Q1"}
FIRST_MONTHS = {"m 2026-01", "m 2026-02", "m 2026-03"}


def test_a_linked_duty_that_comes_goes_and_is_read_anew_recomputes_the_other(db: Engine) -> None:
    alone = office(*PAIR, without="m")
    run(db, alone)
    assert open_rows(db) == QUARTER
    run(db, office(*PAIR))
    assert open_rows(db) == FIRST_MONTHS
    assert sentences(db, "q") == ["免除：同一事项由规则 m 管，日期更早或相同"]
    later = build_agency(PAIR, readings={"m": "P1M;day=31"}, horizon_days=200)
    run(db, later)
    assert open_rows(db) == FIRST_MONTHS
    run(db, alone)
    assert open_rows(db) == QUARTER
    assert sentences(db, "q")[-1] == "恢复待办：配置重新要求此事项"


def test_nothing_changes_twice_and_later_ticks_add_the_same(db: Engine) -> None:
    run(db, office(*PAIR))
    before = [row.model_dump() for row in stored(db)]
    assert run(db, office(*PAIR)) == 0
    assert [row.model_dump() for row in stored(db)] == before
    run(db, office(*PAIR), "2026-09-01T09:00")
    with memory() as other:
        run(other, office(*PAIR), "2026-09-01T09:00")
        wanted = {(row.rule, row.period) for row in stored(other)}
    assert {(row.rule, row.period) for row in stored(db)} == wanted


# Events: one happening, several papers, several names for it.

NEWS = rule("n", "PT24H", "s", kind="after_event", trigger="重大突发事件")
SOON = rule("s", "PT5H", "n", kind="after_event", trigger="重大突发事件", paper=B)
NAMED = rule("s", "PT5H", "n", kind="after_event", trigger="突发事件的舆情", paper=B)
EQUAL = rule("s", "PT24H", "n", kind="after_event", trigger="突发事件的舆情", paper=B)
AT = "2026-01-05T08:00"


def record(
    db: Engine, agency: Agency, trigger: str = "重大突发事件", unit: str = "finance"
) -> tuple[list[str], bool]:
    with writing(db) as session:
        _, rows, new = record_event(
            session,
            agency,
            CALENDAR,
            trigger=trigger,
            unit=unit,
            moment=parse_event(AT),
            reference="1号",
            by="张三",
            now=NOW,
        )
        return [row.rule for row in rows], new


def begun(db: Engine) -> dict[str, str]:
    return {row.rule: row.status.value for row in stored(db)}


def test_one_event_begins_one_obligation_of_linked_duties(db: Engine) -> None:
    assert record(db, office(NEWS, SOON)) == (["s"], True)
    assert record(db, office(NEWS, SOON), unit="all") == (["s"], True)  # entered for all too
    assert record(db, office(NEWS, SOON), unit="all") == (["s"], False)
    assert begun(db) == {"s": "open"}


def test_the_same_event_under_another_name_begins_no_second(db: Engine) -> None:
    agency = office(NEWS, EQUAL)
    assert record(db, agency) == (["n"], True)
    assert record(db, agency, "突发事件的舆情") == (["n"], True)  # the event, no obligation
    assert record(db, agency, "突发事件的舆情") == (["n"], False)
    assert begun(db) == {"n": "open"}


def test_a_stricter_one_under_another_name_takes_its_place(db: Engine) -> None:
    agency = office(NEWS, NAMED)
    assert record(db, agency) == (["n"], True)
    assert record(db, agency, "突发事件的舆情") == (["s"], True)
    assert begun(db) == {"n": "waived", "s": "open"}
    assert sentences(db, "n")[-1] == "免除：同一事项由规则 s 管，日期更早或相同"


@pytest.mark.parametrize("other", ["重大突发事件", "突发事件的舆情"])
def test_without_the_duty_that_governed_the_other_is_owed(db: Engine, other: str) -> None:
    long = rule("n", "20WD", "s", kind="after_event", trigger="重大突发事件")
    short = rule("s", "10WD", "n", kind="after_event", trigger=other, paper=B)
    later = replace(short, term=build_rule(kind="after_event", value="30WD").term)
    both = office(long, short)
    record(db, both, other)
    record(db, both)
    run(db, both)
    assert begun(db) == {"s": "open"}
    assert run(db, office(long, later)) == 1  # read anew, and later than the other now
    assert begun(db) == {"n": "open", "s": "waived"}
    run(db, both)
    assert begun(db) == {"n": "waived", "s": "open"}
    run(db, office(long, short, without="s"))
    assert begun(db) == {"n": "open", "s": "waived"}
    assert run(db, both) == 0
    assert begun(db) == {"n": "waived", "s": "open"}


def test_what_is_late_stays_owed_beside_what_is_stricter_now(db: Engine) -> None:
    later = replace(SOON, term=build_rule(kind="after_event", value="PT48H").term)
    record(db, office(NEWS, SOON))
    run(db, office(NEWS, SOON))
    run(db, office(NEWS, later))
    assert begun(db) == {"n": "open", "s": "open"}


def test_what_is_done_is_not_asked_for_again(db: Engine) -> None:
    record(db, office(NEWS, SOON))
    run(db, office(NEWS, SOON))
    with writing(db) as session:
        complete(session, 1, by="张三", at=NOW, evidence="", now=NOW)
    run(db, office(NEWS, SOON, without="s"))
    assert begun(db) == {"s": "done"}


def test_of_equal_ends_the_first_in_the_catalogue_stands() -> None:
    rules = {one.id: one for one in (NEWS, EQUAL)}
    assert governed({"s": NOW, "n": NOW}, rules) == {"s": "n"}
    assert governed({"s": NOW, "n": NOW + timedelta(hours=1)}, rules) == {"n": "s"}
    assert governed({"n": NOW}, rules) == {}


def test_messages_cite_every_document_that_asks_for_the_matter() -> None:
    agency = office(*PAIR)
    item = Item(build_obligation("2026-03-31", rule="m", period="2026-03"), False)
    body = Composer(agency, CALENDAR, Markup.TEXT, NOW, 2048).compose([item], 1, 1, False).body
    assert "　依据：《文件1》〔2026〕1号；《文件2》〔2026〕2号；口径：" in body
    ended = replace(
        agency, duties={**agency.duties, "q@finance": build_duty("q", until="2026-03-30")}
    )
    assert [one.id for one in agency.same_duties("m", "finance", day("2026-03-31"))] == ["q"]
    assert ended.same_duties("m", "finance", day("2026-03-31")) == []
