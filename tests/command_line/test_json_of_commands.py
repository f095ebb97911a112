"""Every verb with --json: exactly the agreed keys, one object a line."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from qixian_command import Run

ESTIMATE = ["date", "provisional", "earliest", "latest"]
RULE = ["id", "document", "quote", "kind", "value", "trigger", "holders", "hard"]
DUE = [
    *("due_on", "due_at", "act_by", "provisional", "earliest", "latest"),
    *("trace", "readings", "alternatives"),
]
PLAN = ["rule", "unit", "period", "due_on", "due_at", "act_by", "provisional"]
YEAR = ("--from", "2026-01-01", "--to", "2026-12-31")


def test_rules_needs_no_configuration(qixian: Run) -> None:
    ran = qixian("rules", "--json")
    assert ran.status == 0
    assert len(ran.rows) > 30
    for row in ran.rows:
        assert list(row) == RULE
    kinds = {row["id"]: (row["kind"], row["value"], row["hard"]) for row in ran.rows}
    assert kinds["guangyuan-2017-59"] == ("after_event", "PT5H", True)
    assert kinds["guangyuan-2017-27"] == ("vague_periodic", "", False)


@pytest.mark.parametrize(
    ("start", "number", "expected"),
    [
        ("2026-03-02", "20", "2026-03-30"),
        ("2026-10-12", "-10", "2026-09-21"),
        ("2026-09-28", "20", "2026-10-30"),  # over 国庆节
        ("2026-10-03", "0", "2026-10-03"),
    ],
)
def test_workday_add_counts_both_ways(qixian: Run, start: str, number: str, expected: str) -> None:
    row = qixian("workday", "add", start, number, "--json").row
    assert list(row) == ESTIMATE
    certain = {"date": expected, "provisional": False, "earliest": expected, "latest": expected}
    assert row == certain


def test_a_count_into_a_year_without_notice_is_provisional(qixian: Run) -> None:
    row = qixian("--json", "workday", "add", "2028-09-25", "10").row
    assert row["provisional"] is True
    assert row["earliest"] <= row["date"] <= row["latest"]


def test_workday_count_leaves_out_the_first_day_and_takes_the_last(qixian: Run) -> None:
    assert qixian("workday", "count", "2026-03-02", "2026-03-30", "--json").row == {"count": 20}
    assert qixian("workday", "count", "2026-03-30", "2026-03-02", "--json").row == {"count": -20}
    assert qixian("workday", "count", "2026-03-02", "2026-03-02", "--json").row == {"count": 0}


def test_workday_check_names_the_day_and_its_source(qixian: Run) -> None:
    row = qixian("workday", "check", "2026-10-10", "--json").row
    assert list(row) == ["date", "workday", "name", "basis"]
    assert row["workday"] is True
    assert "调休" in row["name"]
    assert "2026" in row["basis"]
    assert qixian("workday", "check", "2026-10-01", "--json").row["workday"] is False


def test_due_in_hours_runs_from_the_moment(qixian: Run) -> None:
    row = qixian("due", "guangyuan-2017-59", "--event", "2026-10-01T22:40", "--json").row
    assert list(row) == DUE
    assert row["due_at"] == "2026-10-02T03:40:00+08:00"
    assert row["due_on"] == "2026-10-02"
    for step in row["trace"]:
        assert list(step) == ["date", "text", "basis"]


def test_due_in_working_days_tells_its_steps(qixian: Run) -> None:
    row = qixian("due", "gbf-2017-24-67", "--event", "2017-03-09", "--json").row
    assert (row["due_on"], row["due_at"]) == ("2017-04-21", None)
    assert row["trace"][0]["date"] == "2017-03-09"
    assert row["trace"][-1]["date"] == "2017-04-21"


def test_due_of_a_reference_is_the_limit_of_the_wording_of_the_day(qixian: Run) -> None:
    for event, due_on in (("2019-05-14", "2019-06-04"), ("2019-05-15", "2019-06-13")):
        row = qixian("due", "gbf-2017-24-65", "--event", event, "--json").row
        assert (list(row), row["due_on"]) == (DUE, due_on)
        assert "《中华人民共和国政府信息公开条例》" in row["trace"][0]["basis"]
    refused = qixian("due", "gbf-2017-24-65", "--event", "2007-01-01")
    assert (refused.status, refused.out) == (2, "")
    assert "没有写明期限" in refused.err


def test_due_of_a_rhythm_is_the_end_of_the_period_of_the_day(qixian: Run) -> None:
    assert qixian("due", "guangyuan-2017-02", "--event", "2026-02-03", "--json").row["due_on"] == (
        "2026-02-28"
    )


@pytest.mark.usefixtures("example")
def test_due_follows_the_interpretation_of_the_configuration(qixian: Run) -> None:
    row = qixian("due", "guangyuan-2017-27", "--event", "2026-02-03", "--json").row
    assert row["due_on"] == "2026-03-15"


@pytest.mark.usefixtures("example")
def test_a_year_of_the_example_holds_each_period_once(qixian: Run) -> None:
    rows = qixian("plan", *YEAR, "--json").rows
    for row in rows:
        assert list(row) == PLAN
        assert date(2026, 1, 1) <= date.fromisoformat(row["due_on"]) <= date(2026, 12, 31)
        assert row["act_by"] <= row["due_on"]
    keys = [(row["rule"], row["unit"], row["period"]) for row in rows]
    assert len(set(keys)) == len(keys)
    count = Counter((row["rule"].removeprefix("guangyuan-2017-"), row["unit"]) for row in rows)
    assert count.pop(("16", "agriculture")) in (52, 53)
    assert count.pop(("50", "food-drug")) in (52, 53)
    assert count == {
        ("02", "finance"): 12,
        ("27", "commerce"): 12,
        ("42", "environment"): 12,
        ("44", "environment"): 12,
        ("52", "housing"): 12,
        ("03", "statistics"): 4,
        ("04", "statistics"): 4,
        ("14", "state-assets"): 4,
        ("34", "human-resources"): 4,
        ("66", "gov-office"): 4,
        ("66", "qingchuan"): 4,
        ("30", "market"): 2,
        ("13", "service-centre"): 1,
        ("15", "state-assets"): 1,
        ("47", "education"): 1,
        ("48", "education"): 1,
    }


@pytest.mark.usefixtures("example")
def test_a_plan_is_the_same_in_pieces(qixian: Run) -> None:
    whole = qixian("plan", *YEAR, "--json").rows
    halves = [
        *qixian("plan", "--from", "2026-01-01", "--to", "2026-05-17", "--json").rows,
        *qixian("plan", "--from", "2026-05-18", "--to", "2026-12-31", "--json").rows,
    ]
    assert halves == whole


@pytest.mark.usefixtures("example")
def test_simulation_tells_each_message_and_stores_nothing(qixian: Run, folder: Path) -> None:
    ran = qixian("simulate", "--from", "2026-01-26", "--to", "2026-01-30", "--json")
    assert ran.status == 0
    assert ran.rows
    for row in ran.rows:
        assert list(row) == ["at", "recipient", "channel", "rung", "obligations"]
        assert row["at"].endswith("T09:00:00+08:00")
        for told in row["obligations"]:
            assert list(told) == ["rule", "unit", "period", "due_on", "rung"]
    moments = [row["at"] for row in ran.rows]
    assert moments == sorted(moments)
    assert [path.name for path in folder.iterdir()] == ["config.toml"]


@pytest.mark.usefixtures("example")
def test_a_tick_twice_derives_once_and_prints_only_json(qixian: Run) -> None:
    made = qixian("migrate", "--json").row
    assert list(made) == ["before", "after"]
    assert made["before"] is None
    head = made["after"]
    assert qixian("migrate", "--json").row == {"before": head, "after": head}
    first = qixian("tick", "--json").row
    assert list(first) == ["derived", "planned", "sent"]
    assert first["derived"] > 100
    assert qixian("tick", "--json").row["derived"] == 0
    assert qixian("tick", "--dry-run").out == "待办事项没有变动\n"


def test_a_dry_tick_shows_what_a_changed_configuration_would_move(
    qixian: Run, example: Path
) -> None:
    qixian("migrate")
    assert qixian("tick", "--dry-run", "--json").row["added"] > 100
    qixian("tick")
    text = example.read_text(encoding="utf-8")
    example.write_text(text.split("[[interpretation]]")[0], encoding="utf-8")
    seen = qixian("tick", "--dry-run", "--json").row
    assert seen["moved"] or seen["withdrawn"]
    assert "待办" in qixian("tick", "--dry-run").out
    assert qixian("tick", "--dry-run", "--json").row == seen


@pytest.mark.usefixtures("example")
def test_the_console_channel_leaves_the_output_to_json(qixian: Run) -> None:
    ran = qixian("send-test", "console", "--json")
    keys = ["channel", "outcome", "http_status", "code", "detail", "advice"]
    assert list(ran.row) == keys
    assert (ran.status, ran.row["outcome"]) == (0, "accepted")
    assert "测试消息" in ran.err


@pytest.mark.usefixtures("example")
def test_doctor_is_content_after_migrate_and_not_before(qixian: Run) -> None:
    before = qixian("doctor", "--json")
    assert before.status == 1
    faults = [row for row in before.rows if row["level"] == "fault"]
    assert [row["name"] for row in faults] == ["数据库"]
    qixian("migrate")
    after = qixian("doctor", "--json")
    assert after.status == 0
    for row in after.rows:
        assert list(row) == ["name", "level", "detail"]
        assert row["level"] in ("ok", "note")
