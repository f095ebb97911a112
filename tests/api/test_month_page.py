"""日历: the month's days, what works and what does not, and what falls due on each."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from office import AGENCY, CALENDAR, Office
from pages import fault, read, send

from engine.accounts import Role


def cells(html: str) -> dict[int, str]:
    """The cells by the day of the month."""
    table = html.partition("<tbody>")[2]
    found = re.findall(r'<td class="([^"]*)"[^>]*>(.*?)</td>', table, re.DOTALL)
    numbered = [(kind, text, re.search(r"<strong>(\d+)", text)) for kind, text in found]
    return {int(number[1]): f"{kind} {text}" for kind, text, number in numbered if number}


def test_a_month_is_a_table_of_weeks_from_monday(office: Office) -> None:
    html = read(office.client, "/calendar")
    assert "<h1>日历：2026年9月</h1>" in html
    heads = re.findall(r'<th scope="col">(星期.)</th>', html)
    assert heads == [f"星期{letter}" for letter in "一二三四五六日"]
    first_week = html.partition("<tbody>")[2].partition("</tr>")[0]
    assert first_week.count('<td class="other">') == 1  # 1 September 2026 is a Tuesday
    assert sorted(cells(html)) == list(range(1, 31))
    assert "today" not in html.partition("<tbody>")[2]
    assert "今天" in cells(html)[25]


@pytest.mark.parametrize("month", ["2026-02", "2026-10", "2024-02", "2025-06", "2027-05"])
def test_every_day_says_in_words_what_the_calendar_says(office: Office, month: str) -> None:
    first = date.fromisoformat(f"{month}-01")
    shown = cells(read(office.client, f"/calendar?month={month}"))
    days = [first + timedelta(n) for n in range(31) if (first + timedelta(n)).month == first.month]
    assert len(shown) == len(days)
    for day in days:
        reason, text = CALENDAR.reason(day), shown[day.day]
        rests, works = "放假" in text or "休息" in text, "调休上班" in text
        assert rests is not reason.workday
        assert works is (reason.workday and day.weekday() >= 5)
        if "放假" in text:
            assert reason.name in text
            assert ("暂定" in text) is not CALENDAR.certain(day)


def test_make_up_days_and_holidays_of_october(office: Office) -> None:
    html = read(office.client, "/calendar?month=2026-10")
    assert "国庆节 放假" in cells(html)[1]
    assert "调休上班" in cells(html)[10]
    assert "本月 18 个工作日" in html
    assert "暂定" not in html
    later = read(office.client, "/calendar?month=2027-10")
    assert "2027年放假安排尚未公布" in later
    assert "暂定" in cells(later)[1]


def test_each_day_has_what_falls_due_and_leads_to_its_list(office: Office) -> None:
    rows = office.get("/obligations", due_from="2026-09-01", due_to="2026-09-30", limit=200)
    done = next(row for row in rows["items"] if row["due_on"] == "2026-09-30")
    office.post(f"/obligations/{done['id']}/events", {"type": "complete"})
    shown = cells(read(office.client, "/calendar?month=2026-09"))
    for number, text in shown.items():
        due = [row for row in rows["items"] if row["due_on"] == f"2026-09-{number:02}"]
        still = len(due) - (1 if done in due else 0)
        assert (f"待办 {still} 项" in text) is (still > 0)
        assert ("已办结 1 项" in text) is (done in due)
        assert text.count('href="/obligations/') == min(len(due), 3)
        assert (f"还有 {len(due) - 3} 项" in text) is (len(due) > 3)
        if due:
            link = re.search(r'href="(/obligations\?[^"]*)"', text)
            assert link
            listed = read(office.client, link[1])
            assert re.findall(r'<tr id="o(\d+)">', listed) == [str(row["id"]) for row in due]


def test_what_is_done_is_told_apart_in_words_and_what_is_waived_is_gone(office: Office) -> None:
    rows = office.get("/obligations", unit="finance", due_from="2026-09-30", due_to="2026-09-30")
    id_ = rows["items"][0]["id"]
    path = "/calendar?month=2026-09&unit=finance"
    assert "✓" not in cells(read(office.client, path))[30]
    office.post(f"/obligations/{id_}/events", {"type": "complete"})
    assert re.search(r'<li class="done">✓', cells(read(office.client, path))[30])
    office.post(f"/obligations/{id_}/events", {"type": "reopen", "reason": "误点"})
    office.post(f"/obligations/{id_}/events", {"type": "waive", "reason": "撤销"})
    assert f"/obligations/{id_}" not in read(office.client, path)


def test_the_calendar_is_that_of_the_units_region() -> None:
    guangxi = replace(AGENCY.units["finance"], region="450000")
    other = Office(configured=replace(AGENCY, units={**AGENCY.units, "finance": guangxi}))
    notice = {
        "number": "桂政办发〔2026〕9号",
        "issued": "2026-01-05",
        "scope": "450000",
        "days": [
            {"date": "2026-04-19", "workday": False, "name": "三月三"},
            {"date": "2026-04-20", "workday": False, "name": "三月三"},
        ],
    }
    answer = other.post("/calendar/notices", {"notice": notice, "by": "张三"})
    assert answer.status_code in (200, 201), answer.text
    path = "/calendar?month=2026-04"
    assert "三月三 放假" in cells(read(other.client, f"{path}&unit=finance"))[20]
    assert "三月三" not in cells(read(other.client, path))[20]
    clerk = other.person(Role.CLERK, "finance")
    assert "三月三 放假" in cells(read(clerk, path))[20]


def test_months_lead_to_their_neighbours_and_keep_the_unit(office: Office) -> None:
    html = read(office.client, "/calendar?month=2026-01&unit=finance")
    assert '<a href="/calendar?month=2025-12&unit=finance" rel="prev">' in html
    assert '<a href="/calendar?month=2026-02&unit=finance" rel="next">' in html
    assert 'rel="prev"' not in read(office.client, "/calendar?month=2004-01")
    assert 'rel="next"' not in read(office.client, "/calendar?month=2100-12")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("month=2026-13", "应写作 2026-11"),
        ("month=<script>", "应写作 2026-11"),
        ("month=1999-01", "超出工作日历的范围"),
        ("month=２０２６-11", "应写作 2026-11"),
        ("unit=nobody", "没有单位“nobody”"),
    ],
)
def test_a_month_that_is_none_is_a_sentence(office: Office, query: str, sentence: str) -> None:
    assert sentence in fault(read(office.client, f"/calendar?{query}", 422))


def test_a_clerk_sees_his_units_days_only(office: Office) -> None:
    person = office.person(Role.CLERK, "finance")
    whole = read(person, "/calendar?month=2026-09")
    own = office.get("/obligations", unit="finance", due_from="2026-09-01", due_to="2026-09-30")
    shown = {int(id_) for id_ in re.findall(r'href="/obligations/(\d+)"', whole)}
    assert shown == {row["id"] for row in own["items"]}
    assert "统计局" not in whole
    read(person, "/calendar?unit=statistics", 404)
    assert send(person, "/calendar").status_code == 405
