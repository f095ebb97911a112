"""qixian interpretation: seen first, then done; withdrawn again; each slip is one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from qixian_command import Run

WATER, CONFIGURED = "guangyuan-2017-43", "guangyuan-2017-27"
DECIDED = ("--decided-by", "市政府办公室", "--decided-on", "2026-09-24", "--reason", "次月汇总")
SET = ("interpretation", "set", WATER, "P1M;after=15D", *DECIDED, "--by", "王莉")
WITHDRAW = ("interpretation", "withdraw", WATER, "--reason", "另有规定")


@pytest.fixture
def office(example: Path, qixian: Run) -> Path:
    assert qixian("migrate").status == 0
    return example


def current(qixian: Run) -> dict[str, dict[str, object]]:
    return {str(row["rule"]): row for row in qixian("interpretation", "list", "--json").rows}


@pytest.mark.usefixtures("office")
def test_it_is_seen_first_then_done_and_taken_back(qixian: Run) -> None:
    ran = qixian(*SET)
    assert (ran.status, ran.err) == (0, "")
    assert f"规则 {WATER} 的口径：每月一次，次月15日前（口径）" in ran.out
    assert "新增待办" in ran.out
    assert "以上是预览，没有改动" in ran.out
    assert WATER not in current(qixian)
    done = qixian(*SET, "--apply", "--json").row
    assert list(done) == ["rule", "applied", "reading", "waits", "impact"]
    assert (done["applied"], done["waits"]) == (True, False)
    assert current(qixian)[WATER] == {
        "rule": WATER,
        "value": "P1M;after=15D",
        "reading": "每月一次，次月15日前（口径）",
        "decided_by": "市政府办公室",
        "decided_on": "2026-09-24",
        "reason": "次月汇总",
        "file": None,
    }
    planned = qixian("plan", "--from", "2026-10-01", "--to", "2026-10-31", "--json").rows
    assert "2026-10-15" in [row["due_on"] for row in planned if row["rule"] == WATER]
    assert "没有改动" in qixian(*WITHDRAW).out
    assert qixian(*WITHDRAW, "--apply").out.endswith("已办理。\n")
    assert WATER not in current(qixian)


@pytest.mark.usefixtures("office")
def test_the_words_of_a_paper_do_for_the_code(qixian: Run) -> None:
    line = ("interpretation", "set", WATER, "次月15日前", *DECIDED)
    assert "每月一次，次月15日前（口径）" in qixian(*line, "--apply").out
    assert current(qixian)[WATER]["value"] == "P1M;after=15D"


@pytest.mark.usefixtures("office")
def test_the_list_has_those_of_the_file_too(qixian: Run) -> None:
    assert current(qixian)[CONFIGURED]["file"] == "config.toml"
    assert CONFIGURED in qixian("interpretation", "list").out


@pytest.mark.usefixtures("office")
def test_a_slip_is_one_sentence_and_changes_nothing(refused: Callable[..., str]) -> None:
    line = ("interpretation", "set")
    assert "没有规则“nope”" in refused(*line, "nope", "P1M", *DECIDED)
    assert "不是日期" in refused(*line, WATER, "P1M", *DECIDED, "--decided-on", "2026-09-31")
    assert "晚于今天" in refused(*line, WATER, "P1M", *DECIDED, "--decided-on", "2099-09-30")
    assert "READING：不能为空" in refused(*line, WATER, "", *DECIDED)
    assert "--reason：不能为空" in refused(*line, WATER, "P1M", *DECIDED, "--reason", " ")
    assert "--by：写法不对" in refused(*line, WATER, "P1M", *DECIDED, "--by", "王\u202e莉")
    assert "写在" in refused(*line, CONFIGURED, "P3M", *DECIDED)
    assert "可写每月、" in refused(*line, WATER, "nonsense", *DECIDED, "--apply")
    assert "没有可以撤回的口径" in refused(*WITHDRAW)
