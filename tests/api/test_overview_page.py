"""总览: every open obligation till the end of next month stands in one section, the right one."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from office import AGENCY, Office, shanghai

from api.pages.overview_sections import sections
from engine.database import reading, writing
from engine.instants import local_day
from engine.obligations import Obligation, Status, complete, list_obligations

TITLES = ["总览", "下一步", "已逾期", "今日到期", "本周到期", "本月到期", "下月到期", "待定口径"]


class Page(HTMLParser):
    """Which rows stand in which section, and the headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: dict[str, list[str]] = {}
        self.headings: list[str] = []
        self._section = self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        id_ = dict(attrs).get("id") or ""
        if tag == "section":
            self._section = id_
        if tag == "tr" and id_:
            self.rows.setdefault(self._section, []).append(id_)
        self._tag = tag

    def handle_data(self, data: str) -> None:
        if self._tag in ("h1", "h2"):
            self.headings.append(data.strip())
        self._tag = ""


def page(office: Office) -> tuple[Page, str]:
    answer = office.client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    return Page(answer.text), answer.text


def of_unit(office: Office, unit: str, due_on: str) -> str:
    found = office.get("/obligations", unit=unit, due_from=due_on, due_to=due_on)["items"]
    return f"o{found[0]['id']}"


def text_of(html: str, row: str) -> str:
    found = re.search(rf'<tr id="{row}">(.*?)</tr>', html, re.DOTALL)
    assert found
    return found[1]


def test_each_row_stands_in_its_section_and_the_words_are_chinese(office: Office) -> None:
    shown, html = page(office)
    assert shown.headings == TITLES
    assert '<html lang="zh-CN">' in html
    assert of_unit(office, "finance", "2026-08-31") in shown.rows["late"]
    assert of_unit(office, "food-drug", "2026-09-25") in shown.rows["today"]
    assert of_unit(office, "agriculture", "2026-09-27") in shown.rows["week"]
    assert of_unit(office, "finance", "2026-09-30") in shown.rows["month"]
    assert of_unit(office, "finance", "2026-10-31") in shown.rows["next"]
    assert "广元市财政局" in html
    assert "2026-09-25（星期五）" in html


def test_the_time_that_remains_is_said_in_working_days(office: Office) -> None:
    _, html = page(office)
    assert "剩3个工作日" in text_of(html, of_unit(office, "finance", "2026-09-30"))
    assert "请今日办理" in text_of(html, of_unit(office, "food-drug", "2026-09-25"))
    assert "已逾期19个工作日" in text_of(html, of_unit(office, "finance", "2026-08-31"))
    saturday = of_unit(office, "food-drug", "2026-09-25")
    _, html = page(office.at("2026-09-26 10:00"))
    assert "已逾期</td>" in text_of(html, saturday)


def test_a_limit_in_hours_is_said_in_hours_and_late_by_the_minute(office: Office) -> None:
    row = f"o{office.disaster().json()['obligations'][0]['id']}"
    shown, html = page(office)
    assert row in shown.rows["today"]
    assert "剩4小时30分" in text_of(html, row)
    assert "14:30" in text_of(html, row)
    shown, html = page(office.at("2026-09-25 15:00"))
    assert row in shown.rows["late"]
    assert "已逾期" in text_of(html, row)
    assert "今日" not in text_of(html, row)


def test_what_is_done_is_gone(office: Office) -> None:
    row = of_unit(office, "food-drug", "2026-09-25")
    office.post(f"/obligations/{row[1:]}/events", {"type": "complete", "by": "张三"})
    shown, _ = page(office)
    assert all(row not in rows for rows in shown.rows.values())


def test_an_empty_office_says_so() -> None:
    shown, html = page(Office(empty=True))
    assert shown.rows == {}
    assert html.count("没有。") == 5


def expected(row: Obligation, now: datetime) -> str | None:
    """The section by its definition; None where the page does not show the row."""
    today, due = local_day(now), row.due_on
    if row.status is not Status.OPEN:
        return None
    if row.overdue(now):
        return "late"
    if due == today:
        return "today"
    if due <= today + timedelta(days=6 - today.weekday()):
        return "week"
    if (due.year, due.month) == (today.year, today.month):
        return "month"
    after = (today.year + today.month // 12, today.month % 12 + 1)
    return "next" if (due.year, due.month) == after else None


def moments() -> list[datetime]:
    """Every fifth day of the year, every month's last day, every turn of a week around them."""
    first = date(2026, 1, 1)
    days = {first + timedelta(days=number) for number in range(0, 365, 5)}
    for month in range(1, 13):
        last = date(2026, month, monthrange(2026, month)[1])
        sunday = last + timedelta(days=6 - last.weekday())
        days |= {last, last + timedelta(days=1), sunday, sunday + timedelta(days=1)}
    return [shanghai(f"{day} {hour}") for day in sorted(days) for hour in ("00:00", "14:31")]


def test_every_obligation_stands_in_exactly_one_section_on_any_day() -> None:
    office = Office()
    assert office.disaster().status_code == 201
    with writing(office.db) as session:
        for row in list_obligations(session):
            if row.id and row.id % 3:
                done = {"by": "张三", "at": office.now, "evidence": "", "now": office.now}
                complete(session, row.id, **done)
    with reading(office.db) as session:
        rows = list_obligations(session)
        for now in moments():
            found = sections(session, AGENCY, now)
            shown = [
                (line.obligation.id, section.id)
                for section in found
                for unit in section.units
                for line in unit.lines
            ]
            wanted = [(row.id, place) for row in rows if (place := expected(row, now))]
            assert sorted(shown) == sorted(wanted), now
            assert [section.count for section in found] == [
                sum(place == section.id for _, place in wanted) for section in found
            ]


@pytest.mark.parametrize("moment", ["2026-12-31 23:59", "2027-01-31 12:00", "2028-02-29 08:00"])
def test_the_page_stands_at_the_turn_of_years_and_in_february(office: Office, moment: str) -> None:
    shown, _ = page(office.at(moment))
    assert shown.headings == TITLES


def test_a_season_without_dates_is_named_among_what_waits(office: Office) -> None:
    _, html = page(office)
    waiting = html.partition('id="waiting"')[2]
    assert "每5日一次（收购旺季期间），每5日的最后一日前（待定时段）" in waiting
