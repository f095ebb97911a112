"""Importing a notice: each check refuses what it is for, and a refused notice changes nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.announced_years import built_in_notices
from engine.database import reading, writing
from engine.imported_notices import Stated, assess, import_notice, imported_notices, is_imported
from engine.notice_checks import Draft, check_notice, refusal
from engine.notices import Notice, days_as_rows
from engine.workdays import work_calendar
from tests.builders import memory
from tests.engine.notice_sentences import INVENTED_2027, NOTICE_2027, SENTENCES, notice_of

pytestmark = pytest.mark.usefixtures("both_databases")

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SHARED = Path(__file__).parents[2].parent / "shared" / "documents" / "notices" / "2019.txt"
AMENDMENT = """国务院办公厅关于调整2026年国庆节假期安排的通知
国办发明电〔2026〕3号
2026年10月1日至8日放假调休，共8天。10月11日（星期日）上班。
国务院办公厅
2026年9月1日"""
LOCAL = """广西壮族自治区人民政府办公厅关于2027年“壮族三月三”放假安排的通知
桂政办电〔2026〕30号
三月三：4月9日（周五）至12日（周一）放假调休，共4天。4月17日（周六）上班。
广西壮族自治区人民政府办公厅
2026年11月10日"""


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def failed(text: str, stated: Stated = Stated()) -> dict[str, str]:
    checks = assess(text, stated, (), TODAY).checks
    return {check.name: check.detail for check in checks if not check.ok}


def test_a_yearly_notice_passes_every_check() -> None:
    found = assess(NOTICE_2027, Stated(), (), TODAY)
    assert found.refusal == ""
    assert [check.name for check in found.checks] == [
        *("items", "dates", "number", "issued", "scope", "year", "weekday", "length", "once"),
        *("statutory", "balance", "make_up", "new"),
    ]
    assert found.draft.scope == "CN"
    before, after = work_calendar(), work_calendar((found.draft.notice(),))
    assert list(found.moved) == [
        day
        for day in (
            date.fromordinal(k)
            for k in range(date(2026, 12, 1).toordinal(), date(2028, 2, 1).toordinal())
        )
        if before.is_workday(day) != after.is_workday(day)
    ]
    assert date(2027, 2, 14) in found.moved
    assert not after.add_span(date(2026, 12, 15), 20).provisional


@pytest.mark.parametrize("year", SENTENCES)
def test_every_yearly_notice_is_there_already(year: int) -> None:
    """All other checks hold for it: they are what nineteen notices have in common."""
    assert set(failed(notice_of(year, SENTENCES[year]))) == {"new"}


def test_a_notice_as_published_is_known_by_its_number() -> None:
    if not SHARED.exists():
        pytest.skip("the documents lie beside the repository, and the folder is not here")
    assert failed(SHARED.read_text(encoding="utf-8")) == {"new": "国办发明电〔2018〕15号已经有了"}


@pytest.mark.parametrize(
    ("old", "new", "check", "words"),
    [
        ("5月8日（周六）", "5月8日（周日）", "weekday", "2027-05-08印作星期日，实为星期六"),
        ("共5天", "共4天", "length", "写共4天，实为5天"),
        ("6月9日（周三）放假1天，不调休", "6月10日（周四）放假1天，不调休", "statutory", "2027-06-09（端午节）没有写明放假"),
        ("5月8日（周六）上班", "", "balance", "相差14天，规定13天"),
        ("5月8日（周六）", "5月7日（周五）", "make_up", "2027-05-07（劳动节）本来就是工作日"),
        ("9月15日（周三）", "6月9日（周三）", "once", "中秋节中的2027-06-09已在别处写明"),
        ("9月26日（周日）", "9月31日", "dates", "国庆节中的“9月31日”不是日期"),
        ("1月1日（周五）至3日", "2026年1月1日至3日", "year", "2026-01-01（元旦）不属于2027年"),
        ("国办发明电〔2026〕99号", "", "number", "没有找到文号"),
        ("国办发明电〔2026〕99号", "国办发明电〔2025〕99号", "number", "不是同一年"),
        ("国办发明电〔2026〕99号", "国办发明电〔2018〕15号", "new", "已经有了"),
        ("国办发明电〔2026〕99号", "川办发〔2026〕99号", "scope", "请用 --scope"),
        ("2026年11月5日", "", "issued", "没有找到发布日期"),
        ("2026年11月5日", "2026年12月5日", "issued", "晚于今天"),
        ("2026年11月5日", "2026年5月5日", "issued", "2027年的通知不会在2026-05-05发布"),
        (INVENTED_2027.strip(), "", "items", "没有找到"),
    ],
)  # fmt: skip
def test_each_check_refuses_what_it_is_for(
    db: Engine, old: str, new: str, check: str, words: str
) -> None:
    assert old in NOTICE_2027
    text = NOTICE_2027.replace(old, new)
    assert words in failed(text)[check]
    with writing(db) as session:
        found = import_notice(session, text, Stated(), by="张三", now=NOW)
    assert found.refusal.startswith("放假通知没有导入，“")
    assert found.moved == ()
    with reading(db) as session:
        assert imported_notices(session) == ()


def test_a_year_that_comes_too_early_is_refused() -> None:
    text = NOTICE_2027.replace("2027年", "2028年")
    assert failed(text)["year"] == "请先导入2027年的通知"


def test_a_notice_that_misses_items_is_refused() -> None:
    half = notice_of(2027, INVENTED_2027[:120], issued="2026年11月5日")
    assert {"statutory", "balance"} <= set(failed(half))


def test_options_give_what_the_text_does_not() -> None:
    bare = NOTICE_2027.replace("国办发明电〔2026〕99号", "").replace("2026年11月5日", "")
    assert set(failed(bare)) == {"number", "issued", "scope"}
    assert failed(bare, Stated("国办发明电〔2026〕8号", date(2026, 11, 4))) == {}


def test_an_amendment_is_checked_for_what_can_hold(db: Engine) -> None:
    with writing(db) as session:
        found = import_notice(session, AMENDMENT, Stated(), by="张三", now=NOW)
    assert found.refusal == ""
    (balance,) = (check for check in found.checks if check.name == "balance")
    assert (balance.ok, balance.detail) == (True, "新增放假1天，新增上班1天，相抵")
    assert found.moved == (date(2026, 10, 8), date(2026, 10, 11))
    worked = AMENDMENT.replace("10月11日（星期日）", "10月2日（星期五）")
    assert set(failed(worked)) == {"once", "statutory"}
    turned = AMENDMENT.replace(
        "10月1日至8日放假调休，共8天。10月11日（星期日）", "10月2日（星期五）"
    )
    assert failed(turned)["statutory"] == "2026-10-02（国庆节）没有放假"


YEAR_2026 = notice_of(2026, SENTENCES[2026]).replace("99号", "98号")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (notice_of(2026, SENTENCES[2026][:120]).replace("99号", "98号"), {"statutory", "balance"}),
        (YEAR_2026.replace("2月14日（周六）、", ""), {"balance"}),
        (YEAR_2026.replace("5月9日（周六）", "5月10日（周日）"), set()),
        (YEAR_2026, {"new"}),
    ],
    ids=["a part", "a make-up day left out", "another make-up day", "the same"],
)
def test_a_yearly_notice_for_a_year_that_is_arranged_must_be_whole(
    text: str, fault: set[str]
) -> None:
    """Under another number a part of it, or one with a slip, is no amendment."""
    assert set(failed(text)) == fault


def test_a_yearly_notice_names_every_statutory_day_even_of_a_weekend() -> None:
    """Else the year would stay unannounced, and nobody would be told."""
    form = {
        "number": "国办发明电〔2026〕99号",
        "issued": "2026-11-05",
        "title": "国务院办公厅关于2027年部分节假日安排的通知",
        "days": [
            row
            for row in days_as_rows(assess(NOTICE_2027, Stated(), (), TODAY).draft.days)
            if row["date"] != "2027-10-02"
        ],
    }
    assert failed(json.dumps(form)) == {"statutory": "2027-10-02（国庆节）没有写明放假"}


def as_known(day: str) -> tuple[Notice, ...]:
    return tuple(one for one in built_in_notices() if one.issued < date.fromisoformat(day))


@pytest.mark.parametrize(
    ("issued", "held", "detail"),
    [
        ("2015-05-13", False, "新增放假2天，新增上班1天，放假多出1天"),
        ("2019-03-22", True, "新增放假2天，新增上班2天，相抵"),
        ("2020-01-26", False, "新增放假2天，新增上班0天，放假多出2天"),
    ],
)
def test_the_amendments_that_there_were_are_balanced_or_said_not_to_be(
    issued: str, held: bool, detail: str
) -> None:
    """Those of 2015 and 2020 gave days without make-up: said before they are added, not refused."""
    (amendment,) = (one for one in built_in_notices() if str(one.issued) == issued)
    number = amendment.number or "国办发明电〔2019〕3号"
    draft = Draft("CN", number, amendment.issued, amendment.title, amendment.days, {}, {})
    checks = {one.name: one for one in check_notice(draft, as_known(issued), TODAY)}
    assert checks["balance"].ok is held
    assert checks["balance"].detail.startswith(detail)
    assert {name for name, one in checks.items() if not one.ok} == (set() if held else {"balance"})
    assert refusal(tuple(checks.values())) == ""


def test_a_day_off_without_make_up_is_said_before_it_is_added(db: Engine) -> None:
    form = {
        "number": "国办发明电〔2026〕3号",
        "issued": "2026-11-20",
        "scope": "CN",
        "days": [{"date": "2026-12-24", "workday": False, "name": "加放"}],
    }
    found = assess(json.dumps(form), Stated(), (), TODAY)
    (said,) = (check for check in found.checks if not check.ok)
    assert (said.name, said.refuses) == ("balance", False)
    assert said.detail == (
        "新增放假1天，新增上班0天，放假多出1天，没有相应的补班；修改通知可以如此，请核对原文再导入"
    )
    assert found.refusal == ""
    with writing(db) as session:
        assert import_notice(session, json.dumps(form), Stated(), by="张三", now=NOW).moved


def test_a_local_notice_skips_the_regulation(db: Engine) -> None:
    stated = Stated(scope="450000")
    with writing(db) as session:
        found = import_notice(session, LOCAL, stated, by="张三", now=NOW)
    assert found.refusal == ""
    assert not {"statutory", "balance"} & {check.name for check in found.checks}
    with reading(db) as session:
        imported = imported_notices(session)
    assert work_calendar(imported, "450000").is_workday(date(2027, 4, 17))
    assert not work_calendar(imported).is_workday(date(2027, 4, 17))
    assert failed(LOCAL, Stated(scope="CN"))["scope"] == "桂政办电〔2026〕30号与适用地区 CN 不符"
    assert "六位" in failed(LOCAL, Stated(scope="45"))["scope"]


def test_an_imported_notice_is_kept_and_refused_the_second_time(db: Engine) -> None:
    with writing(db) as session:
        import_notice(session, NOTICE_2027, Stated(), by="张三", now=NOW)
    with writing(db) as session:
        assert is_imported(session, NOTICE_2027)
        again = import_notice(session, NOTICE_2027, Stated(), by="张三", now=NOW)
        other = import_notice(
            session, NOTICE_2027, Stated("国办发明电〔2026〕100号"), by="张三", now=NOW
        )
    assert [check.name for check in again.checks if not check.ok] == ["new"]
    assert "内容相同" in other.refusal
    with reading(db) as session:
        (kept,) = imported_notices(session)
    assert kept == again.draft.notice()
    assert work_calendar((kept,)).announced_through == 2027


def test_the_json_form_says_the_same(db: Engine) -> None:
    draft = assess(NOTICE_2027, Stated(), (), TODAY).draft
    form = {
        "number": draft.number,
        "issued": str(draft.issued),
        "scope": draft.scope,
        "title": draft.title,
        "days": days_as_rows(draft.days),
    }
    with writing(db) as session:
        found = import_notice(session, json.dumps(form), Stated(), by="张三", now=NOW)
    assert (found.refusal, found.draft.notice()) == ("", draft.notice())
    assert not {"weekday", "length"} & {check.name for check in found.checks}
    twice = form | {"days": [*form["days"], form["days"][0]]}
    assert failed(json.dumps(twice))["once"] == "2027-01-01写了两次"
    assert "items" in failed(json.dumps(form | {"days": []}))
