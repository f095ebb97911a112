"""qixian calendar import | show, and what a known day or a region changes in a count."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from qixian_command import Run
from sqlalchemy import Engine

from api.configuration import load_configuration
from engine.clock import read_clock
from engine.database import open_database, reading
from engine.obligations import Obligation, Status, list_obligations
from tests.engine.notice_sentences import NOTICE_2027
from tests.meanwhile import before_the_lock, registering

Refused = Callable[..., str]


@pytest.fixture
def notice(folder: Path) -> Path:
    """The invented notice for 2027 as a file."""
    path = folder / "2027.txt"
    path.write_text(NOTICE_2027, encoding="utf-8")
    return path


def test_a_dry_run_needs_no_configuration_and_stores_nothing(qixian: Run, notice: Path) -> None:
    row = qixian("calendar", "import", str(notice), "--dry-run", "--json").row
    assert list(row) == ["number", "issued", "scope", "days", "checks", "moved"]
    assert (row["number"], row["issued"], row["scope"]) == (
        "国办发明电〔2026〕99号",
        "2026-11-05",
        "CN",
    )
    assert row["days"][0] == {"date": "2027-01-01", "workday": False, "name": "元旦"}
    assert all(check["ok"] for check in row["checks"])
    assert row["moved"] == 0  # no office, no obligations
    assert "2027年" in qixian("workday", "add", "2026-12-15", "20", "--json").row["reason"]


def test_what_is_registered_while_an_import_waits_is_not_withdrawn_by_it(
    qixian: Run, notice: Path, example: Path
) -> None:
    qixian("migrate")
    qixian("tick", "--json")
    read = load_configuration(example)
    url, rule = read.database_url, "guangyuan-2017-02"
    deed = registering(url, read.agency, read.files, rule, read_clock())
    with before_the_lock(Engine, deed):
        assert qixian("calendar", "import", str(notice)).status == 0
    db = open_database(url)
    with reading(db) as session:
        rows = list_obligations(session, Obligation.rule == rule, Obligation.unit == "statistics")
    db.dispose()
    assert {row.status for row in rows} == {Status.OPEN}


@pytest.mark.usefixtures("example")
def test_an_imported_notice_settles_its_year(qixian: Run, notice: Path, refused: Refused) -> None:
    qixian("migrate")
    before = qixian("workday", "add", "2027-02-03", "20", "--json").row
    assert before["provisional"]
    qixian("tick", "--json")
    tried = qixian("calendar", "import", str(notice), "--dry-run", "--json").row
    told = qixian("calendar", "import", str(notice), "--dry-run").out
    done = qixian("calendar", "import", str(notice), "--by", "张三", "--json")
    assert (done.status, done.row) == (0, tried)
    assert done.row["moved"] > 0
    assert "宜办日由2026-12-31改为2026-12-30" in told or "改为2027-" in told
    after = qixian("workday", "add", "2027-02-03", "20", "--json").row
    assert after == {
        "date": "2027-03-09",
        "provisional": False,
        "earliest": "2027-03-09",
        "latest": "2027-03-09",
    }
    asked = ("workday", "add", "2027-02-03", "20", "--json", "--known-on")
    assert qixian(*asked, "2026-11-04").row == before
    assert qixian(*asked, "2026-11-05").row == after
    assert "已经有了" in refused("calendar", "import", str(notice))


@pytest.mark.usefixtures("example")
def test_a_refused_notice_says_which_check_failed(
    qixian: Run, notice: Path, refused: Refused
) -> None:
    qixian("migrate")
    notice.write_text(NOTICE_2027.replace("5月8日（周六）", "5月8日（周日）"), encoding="utf-8")
    words = "“星期”一项不符：2027-05-08印作星期日，实为星期六"
    assert words in refused("calendar", "import", str(notice))
    assert words in refused("calendar", "import", str(notice), "--dry-run")
    ran = qixian("calendar", "import", str(notice), "--json")
    assert (ran.status, ran.row["moved"]) == (2, 0)
    assert [check["name"] for check in ran.row["checks"] if not check["ok"]] == ["weekday"]
    assert qixian("workday", "add", "2027-02-03", "20", "--json").row["provisional"]


def test_options_replace_what_the_text_does_not_say(qixian: Run, notice: Path) -> None:
    notice.write_text(NOTICE_2027.replace("国办发明电〔2026〕99号", ""), encoding="utf-8")
    line = ("calendar", "import", str(notice), "--dry-run", "--json")
    assert qixian(*line).status == 2
    stated = ("--number", "国办发明电〔2026〕8号", "--issued", "2026-11-04", "--scope", "CN")
    row = qixian(*line, *stated).row
    assert (row["number"], row["issued"]) == ("国办发明电〔2026〕8号", "2026-11-04")


def test_the_json_form_is_imported_too(qixian: Run, folder: Path, notice: Path) -> None:
    row = qixian("calendar", "import", str(notice), "--dry-run", "--json").row
    form = {key: row[key] for key in ("number", "issued", "scope", "days")}
    other = folder / "2027.json"
    other.write_text(json.dumps(form), encoding="utf-8")
    again = qixian("calendar", "import", str(other), "--dry-run", "--json").row
    assert again["days"] == row["days"]


def test_importing_needs_a_configuration(refused: Refused, notice: Path) -> None:
    assert "找不到配置文件" in refused("calendar", "import", str(notice))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("calendar import no.txt --dry-run", "读不到文件"),
        ("calendar import no.pdf --dry-run", "只能读"),
        ("calendar show 2003", "2003年超出工作日历的范围"),
        ("calendar show 2101", "2101年超出工作日历的范围"),
        ("calendar show 2026 --region 51", "“51”不是六位行政区划代码"),
        ("workday add 2026-03-02 1 --known-on 2026-02-30", "不是日期"),
        ("workday add 2026-03-02 1 --known-on 2006-12-19", "只能追溯到2006-12-20"),
        ("workday check 2026-03-02 --region x", "“x”不是六位行政区划代码"),
    ],
)
def test_slips_are_one_sentence(refused: Refused, line: str, words: str) -> None:
    assert words in refused(*line.split())


def test_a_year_is_shown_day_by_day(qixian: Run) -> None:
    rows = qixian("calendar", "show", "2026", "--json").rows
    assert len(rows) == 365
    assert list(rows[0]) == ["date", "workday", "name", "basis", "provisional"]
    assert [row["date"] for row in rows if row["provisional"]] == [
        f"2026-12-{day}" for day in range(21, 32)
    ]
    coming = qixian("calendar", "show", "2027", "--json").rows
    assert all(row["provisional"] and "2027年放假安排尚未公布" in row["basis"] for row in coming)
    known = qixian("calendar", "show", "2019", "--known-on", "2019-03-01", "--json").rows
    assert {row["date"]: row["workday"] for row in known}["2019-05-02"] is True


def test_people_see_what_was_arranged(qixian: Run) -> None:
    out = qixian("calendar", "show", "2026").out
    assert "2026-10-10（星期六）" in out
    assert "调休上班（国庆节）" in out
    assert "2026-03-02" not in out


def test_a_known_day_and_a_region_change_the_count(qixian: Run) -> None:
    def add(*line: str) -> str:
        return str(qixian("workday", "add", *line, "--json").row["date"])

    assert add("2019-04-22", "7") == "2019-04-30"
    assert add("2019-04-22", "7", "--known-on", "2019-03-01") == "2019-05-02"
    assert (
        qixian("workday", "check", "2026-04-20", "--region", "450100", "--json").row["name"]
        == "三月三"
    )
    count = ("workday", "count", "2026-04-17", "2026-04-24", "--json")
    assert qixian(*count).row == {"count": 5}
    assert qixian(*count, "--region", "450000").row == {"count": 3}


def test_due_answers_as_of_a_day(qixian: Run) -> None:
    rules = {row["id"]: row for row in qixian("rules", "--json").rows}
    rule = next(
        id_ for id_, row in rules.items() if row["value"] == "20WD" and row["kind"] == "after_event"
    )
    line = ("due", rule, "--event", "2020-01-22", "--json")
    now, then = qixian(*line).row, qixian(*line, "--known-on", "2020-01-20").row
    assert then["due_on"] < now["due_on"]


def test_the_office_counts_by_its_own_region(qixian: Run, example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    example.write_text(text.replace('# region = "510800"', 'region = "450000"'), encoding="utf-8")
    line = ("workday", "check", "2026-04-20", "--json")
    assert qixian(*line).row["workday"] is False
    assert qixian(*line, "--region", "CN").row["workday"] is True


def test_a_region_that_is_none_is_refused(example: Path, refused: Refused) -> None:
    text = example.read_text(encoding="utf-8").replace('# region = "510800"', 'region = "51"')
    example.write_text(text, encoding="utf-8")
    assert "应是六位行政区划代码" in refused("doctor")


@pytest.mark.usefixtures("example")
def test_a_day_off_without_make_up_is_said_before_it_is_added(qixian: Run, folder: Path) -> None:
    qixian("migrate")
    file = folder / "more.json"
    day = {"date": "2026-12-24", "workday": False, "name": "加放"}
    file.write_text(
        json.dumps({"number": "国办发明电〔2026〕3号", "issued": "2026-11-20", "days": [day]})
    )
    told = qixian("calendar", "import", str(file), "--dry-run").out
    assert "注意：“放假与上班天数”一项不符：新增放假1天，新增上班0天，放假多出1天" in told
    (said,) = (
        check
        for check in qixian("calendar", "import", str(file), "--json").row["checks"]
        if not check["ok"]
    )
    assert said["name"] == "balance"
