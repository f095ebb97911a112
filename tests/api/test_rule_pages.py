"""规则与口径 in a browser: the list with its filters, a rule, and the form by which it is read."""

import re

import pytest
from browser import signed_in, words
from office import Office

from api.errors import BadInput
from api.posted_forms import Posted
from api.reading_form import reading_value, ways_of
from engine.accounts import Role
from engine.readings import interpreted_term
from rules.catalogue_files import load_catalogue

WATER = "guangyuan-2017-43"
CONFIGURED = "guangyuan-2017-27"
PLAN = {"way": "rhythm", "every": "P1M", "day": "after_d", "which": "15"}
DECISION = PLAN | {
    "decided_by": "市政府信息公开办公室",
    "decided_on": "2026-09-24",
    "reason": "监测数据次月上旬才能汇总",
}


def test_a_reading_is_decided_in_two_steps_and_withdrawn_in_two(office: Office) -> None:
    browser = signed_in(office)
    before = office.everything()
    seen = words(browser.submit(f"/rules/{WATER}/interpretation", f"/rules/{WATER}", **DECISION))
    assert "还没有生效" in seen
    assert "每月一次，次月15日前（口径）" in seen
    assert "广元市环境保护局" in seen
    assert "其中有到期日已过的" in seen
    assert office.everything()["interpretation"] == before["interpretation"]
    done = browser.submit(
        f"/rules/{WATER}/interpretation", f"/rules/{WATER}", **DECISION, step="apply"
    )
    assert (done.status_code, done.headers["location"]) == (303, f"/rules/{WATER}?said=interpreted")
    page = words(browser.get(done.headers["location"]))
    assert "口径已确定" in page
    assert "每月一次，次月15日前（口径）" in page
    assert "市政府信息公开办公室" in page
    assert "张三" in page
    (row,) = office.everything()["interpretation"]
    assert (row.reading, row.by) == ("P1M;after=15D", "张三")
    back = {"reason": "另有规定"}
    path = f"/rules/{WATER}/interpretation/withdraw"
    assert "不再要求" in words(browser.submit(path, f"/rules/{WATER}", **back))
    gone = browser.submit(path, f"/rules/{WATER}", **back, step="apply")
    assert gone.headers["location"] == f"/rules/{WATER}?said=withdrawn"
    assert "待定口径" in words(browser.get(gone.headers["location"]))


def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(office: Office) -> None:
    browser = signed_in(office)
    path, page = f"/rules/{WATER}/interpretation", f"/rules/{WATER}"
    before = {k: v for k, v in office.everything().items() if k != "web_session"}
    for change, status, told in (
        ({"which": ""}, 422, "第几：没有填写"),
        ({"which": "x"}, 422, "不是数字"),
        ({"way": ""}, 422, "办法：没有填写"),
        ({"reason": ""}, 422, "理由：不能为空"),
        ({"decided_on": "昨天"}, 422, "决定日期"),
        ({"decided_on": "2026-09-26"}, 409, "晚于今天"),
        ({"way": "written", "written": "经常"}, 422, "期限“经常”读不懂，可写每月、"),
        ({"way": "written", "written": "20个工作日内"}, 422, "是“事后”的写法"),
        ({"every": "1WD", "day": "after_d"}, 409, "写法不对"),
    ):
        answer = browser.submit(path, page, **(DECISION | change))
        assert told in words(answer, status)
        assert 'value="市政府信息公开办公室"' in answer.text
    again = browser.submit(path, page, **DECISION, step="back")
    assert (again.status_code, 'value="15"' in again.text) == (200, True)
    assert {k: v for k, v in office.everything().items() if k != "web_session"} == before
    refused = browser.submit(
        f"/rules/{CONFIGURED}/interpretation", f"/rules/{WATER}", **DECISION, step="apply"
    )
    assert "配置文件 config.example.toml" in words(refused, 409)


def test_a_rule_shows_what_it_says_and_who_owes_it(office: Office) -> None:
    browser = signed_in(office)
    page = words(browser.get(f"/rules/{CONFIGURED}"))
    for told in ("定期发布", "统计数据次月上旬才能汇总", "写在 配置文件 config.example.toml"):
        assert told in page
    assert "先看影响" not in page
    assert "广元市商务" in page
    assert "最近 10 项" in page
    shown = browser.get("/rules/guangyuan-2017-68").text
    assert 'href="/rules/guangyuan-2017-66"' in shown  # 前一事项
    assert "没有规则" in words(browser.get("/rules/none"), 404)
    for rule in office.agency.rules:
        assert browser.get(f"/rules/{rule.id}").status_code == 200


def test_the_list_is_filtered_by_its_address(office: Office) -> None:
    browser = signed_in(office)
    total = len(office.agency.rules)
    assert f"{total} 条" in words(browser.get("/rules"))

    def ids(query: str) -> set[str]:
        return set(re.findall(r'href="/rules/([a-z0-9-]+)"', browser.get(f"/rules?{query}").text))

    assert ids("document=guangyuan-2017&state=waiting&q=水环境") == {WATER}
    assert ids("document=&kind=&state=&q=水环境") == {WATER}
    assert WATER not in ids("document=guangyuan-2017&state=dated&kind=vague_periodic")
    assert CONFIGURED in ids("document=guangyuan-2017&state=dated&kind=vague_periodic")
    assert "没有符合的规则" in words(browser.get("/rules?q=没有这样的话"))
    for query, told in (
        ("document=x", "没有文件“x”"),
        ("kind=x", "没有类型“x”"),
        ("state=x", "没有“x”"),
        ("page=99", "只有"),
        ("page=x", "应是整数"),
        ("colour=red", "不认识这一项"),
    ):
        assert told in words(browser.get(f"/rules?{query}"), 422)


def test_who_may_not_decide_sees_no_form(office: Office) -> None:
    clerk = signed_in(office, Role.CLERK, "finance")
    page = clerk.get(f"/rules/{WATER}").text
    assert "先看影响" not in page
    assert "/interpretation" not in page
    assert "广元市环境保护局" not in page
    assert clerk.submit(f"/rules/{WATER}/interpretation", "/rules", **DECISION).status_code == 403


def test_a_withdrawal_that_is_refused_keeps_its_reason_in_its_own_form(office: Office) -> None:
    browser = signed_in(office)
    browser.submit(f"/rules/{WATER}/interpretation", f"/rules/{WATER}", **DECISION, step="apply")
    why = "理" * 501
    page = browser.submit(f"/rules/{WATER}/interpretation/withdraw", f"/rules/{WATER}", reason=why)
    assert page.status_code == 422
    assert f'id="why" name="reason" maxlength="500" value="{why}"' in page.text
    assert page.text.count(why) == 1


def test_an_office_of_one_unit_does_not_decide_for_all(office: Office) -> None:
    browser = signed_in(office, Role.OFFICE, "finance")
    assert "先看影响" not in browser.get(f"/rules/{WATER}").text
    answer = browser.submit(f"/rules/{WATER}/interpretation", "/rules", **DECISION, step="apply")
    assert "不限单位" in words(answer, 403)


RULES = load_catalogue().rules
#     fields                                                            value
VALUES: list[tuple[dict[str, str], str]] = [
    ({"way": "limit", "number": "20", "unit": "WD"}, "20WD"),
    ({"way": "limit", "number": "5", "unit": "H"}, "PT5H"),
    ({"way": "limit", "number": "3", "unit": "M"}, "P3M"),
    ({"way": "before", "number": "7", "unit": "D"}, "P7D"),
    ({"way": "rhythm", "every": "P1W", "day": "weekday", "which": "5"}, "P1W;weekday=5"),
    ({"way": "rhythm", "every": "P1M", "day": "end"}, "P1M"),
    ({"way": "rhythm", "every": "P1M", "day": "after_wd", "which": "10"}, "P1M;after=10WD"),
    ({"way": "rhythm", "every": "P1M", "day": "workday", "which": "3"}, "P1M;workday=3"),
    ({"way": "rhythm", "every": "P1Y", "day": "by", "which": "03-31"}, "P1Y;by=03-31"),
    ({"way": "rhythm", "every": "P3M", "day": "day", "which": "25"}, "P3M;day=25"),
    ({"way": "date", "date": "2026-12-31"}, "2026-12-31"),
    ({"way": "written", "written": "P1M;roll=no"}, "P1M;roll=no"),
    ({"way": "written", "written": "次月15日前"}, "P1M;after=15D"),
    ({"way": "written", "written": "2026年底前"}, "2026-12-31"),
]


@pytest.mark.parametrize(("fields", "value"), VALUES)
def test_a_filled_form_is_a_value(fields: dict[str, str], value: str) -> None:
    assert reading_value(Posted(fields), RULES[WATER]) == value


#     fields                                                            value
WHERE_A_LIMIT_MAY_BE_DECIDED_TOO: list[tuple[dict[str, str], str]] = [
    ({"way": "rhythm", "every": "P1M", "day": "end"}, "P1M;min=1"),
    ({"way": "rhythm", "every": "P1M", "day": "day", "which": "15"}, "P1M;day=15"),
    ({"way": "written", "written": "每月"}, "P1M;min=1"),
    ({"way": "written", "written": "一个月内"}, "P1M"),
    ({"way": "written", "written": "P1M"}, "P1M"),
]


@pytest.mark.parametrize(("fields", "value"), WHERE_A_LIMIT_MAY_BE_DECIDED_TOO)
def test_every_month_is_not_within_a_month(fields: dict[str, str], value: str) -> None:
    prompt = RULES["guangyuan-2017-68"]
    assert reading_value(Posted(fields), prompt) == value
    rhythm = "每" in interpreted_term(prompt, value).in_words()
    assert rhythm is (value != "P1M")


def test_words_are_decided_as_their_code(office: Office) -> None:
    browser = signed_in(office)
    path, page = f"/rules/{WATER}/interpretation", f"/rules/{WATER}"
    assert '<option value="每月15日前">' in browser.get(page).text
    typed = DECISION | {"way": "written", "written": "次月15日前"}
    answer = browser.submit(path, page, **typed)
    assert "代码 P1M;after=15D" in words(answer)
    assert 'name="written" value="次月15日前"' in answer.text
    assert browser.submit(path, page, **typed, step="apply").status_code == 303
    assert [row.reading for row in office.everything()["interpretation"]] == ["P1M;after=15D"]


def test_a_limit_before_an_event_is_not_in_hours() -> None:
    with pytest.raises(BadInput, match="不能以小时计"):
        reading_value(Posted({"way": "before", "number": "5", "unit": "H"}), RULES[WATER])


def test_the_form_offers_what_may_become_of_a_rule(office: Office) -> None:
    rules = office.agency.catalogue.rules
    assert list(ways_of(rules[WATER])) == ["rhythm", "date", "written"]
    assert list(ways_of(rules["guangyuan-2017-68"])) == ["limit", "rhythm", "written"]
