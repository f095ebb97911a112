"""On which days a duty owes: its own, within those of its rule."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from api.configuration import load_configuration
from engine.database import reading, writing
from engine.derivation import derive
from engine.duties import carried_on, within_days_of
from engine.obligations import list_obligations
from rules.catalogue_files import load_catalogue
from rules.rule import Document, Rule, Wording
from tests.builders import CALENDAR, build_agency, build_duty, build_rule, day, instant, memory

YEARLY = Document("paper-1", "要点", since=day("2017-03-09"), until=day("2017-12-31"))
LASTING = Document("paper-1", "细则", since=day("2016-11-10"))
AMENDED = Document("paper-1", "条例", wordings=(Wording("paper-1-2007"), Wording("paper-1-2019")))


def lasting(document: Document, since: str | None, until: str | None) -> Rule:
    rule = build_rule(document=document)
    return replace(rule, since=day(since) if since else None, until=day(until) if until else None)


YEAR = lasting(YEARLY, "2017-03-09", "2017-12-31")
GRACE = lasting(YEARLY, "2017-03-09", "2018-03-31")  # its own end, not the document's
OLD = lasting(AMENDED, "2008-05-01", "2019-05-14")
NEW = lasting(AMENDED, "2019-05-15", None)
ALWAYS = lasting(LASTING, "2016-11-10", None)
UNDATED = lasting(Document("paper-1", "要点"), None, None)


@pytest.mark.parametrize(
    ("rule", "since", "until", "owes_from", "owes_until"),
    [
        # the duty says             it owes from     until
        (UNDATED, "2017-01-01", None, "2017-01-01", None),
        (UNDATED, "2017-01-01", "2017-06-30", "2017-01-01", "2017-06-30"),
        (ALWAYS, "2016-01-01", None, "2016-11-10", None),
        (ALWAYS, "2018-01-01", "2019-12-31", "2018-01-01", "2019-12-31"),
        # the law has changed: no duty makes it last longer
        (OLD, "2007-01-01", None, "2008-05-01", "2019-05-14"),
        (OLD, "2010-01-01", "2015-12-31", "2010-01-01", "2015-12-31"),
        (OLD, "2010-01-01", "2026-12-31", "2010-01-01", "2019-05-14"),
        (OLD, "2026-01-01", None, "2026-01-01", "2019-05-14"),
        (NEW, "2010-01-01", None, "2019-05-15", None),
        (NEW, "2010-01-01", "2018-12-31", "2019-05-15", "2018-12-31"),
        (GRACE, "2017-01-01", None, "2017-03-09", "2018-03-31"),
        (GRACE, "2017-01-01", "2026-12-31", "2017-03-09", "2018-03-31"),
        # a yearly document runs out, unless the duty adopts it for longer
        (YEAR, "2017-01-01", None, "2017-03-09", "2017-12-31"),
        (YEAR, "2017-12-31", None, "2017-12-31", "2017-12-31"),
        (YEAR, "2018-01-01", None, "2018-01-01", None),
        (YEAR, "2026-01-01", None, "2026-01-01", None),
        (YEAR, "2017-01-01", "2026-12-31", "2017-03-09", "2026-12-31"),
        (YEAR, "2017-01-01", "2017-06-30", "2017-03-09", "2017-06-30"),
    ],
)
def test_a_duty_owes_within_the_days_of_its_rule(
    rule: Rule, since: str, until: str | None, owes_from: str, owes_until: str | None
) -> None:
    duty = within_days_of(rule, build_duty(since=since, until=until))
    assert duty == build_duty(since=owes_from, until=owes_until)
    assert within_days_of(rule, duty).since == duty.since


def test_what_falls_due_after_the_rule_has_ended_is_not_derived() -> None:
    agency = build_agency([OLD], [build_duty(since="2019-01-01")])
    with memory() as db:
        with writing(db) as session:
            derive(session, agency, CALENDAR, instant("2019-02-01T09:00"))
        with reading(db) as session:
            found = [str(row.due_on) for row in list_obligations(session)]
    assert found == ["2019-01-31", "2019-02-28", "2019-03-31", "2019-04-30"]


def test_the_example_adopts_the_document_of_2017() -> None:
    example = Path(__file__).parents[2] / "config.example.toml"
    agency = load_configuration(example).agency
    assert agency.duties_in_force == agency.duties
    assert {duty.since for duty in agency.duties.values()} == {date(2026, 1, 1)}


WORDINGS = {
    rule.id: rule
    for rule in (
        replace(build_rule("old"), until=day("2008-04-30")),
        replace(
            build_rule("middle"), replaces="old", since=day("2008-05-01"), until=day("2019-05-14")
        ),
        replace(build_rule("new"), replaces="middle", since=day("2019-05-15")),
        replace(build_rule("divided"), replaces="middle", since=day("2019-05-15")),
        build_rule("other"),
    )
}


@pytest.mark.parametrize(
    ("owes", "until", "carried"),
    [
        # the unit has duties for, until, and owes beside them: rule, from, by the duty for
        (
            ["old"],
            None,
            {"middle 2008-05-01 old", "new 2019-05-15 old", "divided 2019-05-15 old"},
        ),
        (["middle"], None, {"new 2019-05-15 middle", "divided 2019-05-15 middle"}),
        (["middle"], "2019-05-15", {"new 2019-05-15 middle", "divided 2019-05-15 middle"}),
        (["middle"], "2019-05-14", set()),
        (["old", "new"], None, {"middle 2008-05-01 old"}),
        (["middle", "new"], None, set()),
        (["new", "other"], None, set()),  # not the other way round
    ],
)
def test_a_later_wording_carries_a_duty_on(
    owes: list[str], until: str | None, carried: set[str]
) -> None:
    duties = {
        duty.key: duty
        for duty in (build_duty(rule, since="2007-01-01", until=until) for rule in owes)
    }
    found = carried_on(duties, WORDINGS)
    assert {key: found[key] for key in duties} == duties
    implied = [duty for key, duty in found.items() if key not in duties]
    assert {f"{duty.rule} {duty.since} {duty.implied_by}" for duty in implied} == carried
    assert {(duty.unit, duty.until) for duty in implied} <= {
        ("finance", day(until) if until else None)
    }


def test_the_reply_to_an_application_is_owed_under_both_wordings() -> None:
    catalogue = load_catalogue()
    rules = [rule for rule in catalogue.rules.values() if rule.id.startswith("zfxxgk-tiaoli")]
    agency = build_agency(rules, [build_duty("zfxxgk-tiaoli-2007-24-reply", since="2018-01-01")])
    assert [
        (duty.rule, str(duty.since), str(duty.until), duty.implied_by)
        for duty in agency.duties_in_force.values()
    ] == [
        ("zfxxgk-tiaoli-2007-24-reply", "2018-01-01", "2019-05-14", ""),
        ("zfxxgk-tiaoli-2019-33-reply", "2019-05-15", "None", "zfxxgk-tiaoli-2007-24-reply"),
    ]
