"""总览: every open obligation till the end of next month stands in one section, the right one."""

import re
from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from office import AGENCY, Client, Office, shanghai
from sqlalchemy import update
from sqlmodel import col

from api.pages.overview import MOST_UNITS
from api.pages.overview_sections import MOST, sections
from engine.accounts import Role
from engine.database import reading, writing
from engine.duties import Duty
from engine.instants import local_day
from engine.obligation_counts import counts_by_unit
from engine.obligations import Obligation, Status, complete, list_obligations

TITLES = [
    "总览",
    "下一步",
    "各单位待办",
    "已逾期",
    "今日到期",
    "本周到期",
    "本月到期",
    "下月到期",
    "待定口径",
]


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


def page(office: Office, client: Client | None = None) -> tuple[Page, str]:
    answer = (client or office.client).get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    return Page(answer.text), answer.text


def clerk(office: Office, unit: str = "finance") -> Client:
    """Of one unit a section shows all: it has less than a section holds."""
    return office.person(Role.CLERK, unit, f"{unit} {office.now}")


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
    assert of_unit(office, "food-drug", "2026-09-25") in shown.rows["today"]
    assert of_unit(office, "agriculture", "2026-09-27") in shown.rows["week"]
    assert of_unit(office, "finance", "2026-09-30") in shown.rows["month"]
    assert of_unit(office, "finance", "2026-10-31") in shown.rows["next"]
    assert "广元市财政局" in html
    assert "2026-09-25（星期五）" in html
    shown, _ = page(office, clerk(office))
    assert of_unit(office, "finance", "2026-08-31") in shown.rows["late"]


def test_the_time_that_remains_is_said_in_working_days(office: Office) -> None:
    _, html = page(office)
    assert "剩3个工作日" in text_of(html, of_unit(office, "finance", "2026-09-30"))
    assert "请今日办理" in text_of(html, of_unit(office, "food-drug", "2026-09-25"))
    _, own = page(office, clerk(office))
    assert "已逾期19个工作日" in text_of(own, of_unit(office, "finance", "2026-08-31"))
    saturday = of_unit(office, "food-drug", "2026-09-25")
    with writing(office.db) as session:
        before = col(Obligation.due_on) < date(2026, 9, 25)
        session.execute(update(Obligation).where(before).values(status=Status.DONE))
    _, html = page(office.at("2026-09-26 10:00"))
    assert "已逾期</span>" in text_of(html, saturday)


def test_a_limit_in_hours_is_said_in_hours_and_late_by_the_minute(office: Office) -> None:
    row = f"o{office.disaster().json()['obligations'][0]['id']}"
    shown, html = page(office)
    assert row in shown.rows["today"]
    assert "剩4小时30分" in text_of(html, row)
    assert "14:30" in text_of(html, row)
    office.at("2026-09-25 15:00")
    shown, html = page(office, clerk(office, "cyberspace"))
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
            by_unit = counts_by_unit(session, now)
            found = sections(session, by_unit, now, most=10_000)
            shown = [(row.id, section.id) for section in found for row in section.rows]
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


def test_a_section_shows_the_first_few_and_leads_to_all_of_them(office: Office) -> None:
    shown, html = page(office)
    for id_, rows in shown.rows.items():
        assert len(rows) <= MOST
        told = re.search(rf'<section id="{id_}">\s*<h2>[^<]*<small>(\d+) 项', html)
        assert told
        link = re.search(r'<p><a href="(/obligations[^"]*)">([^<]*)', html.partition(told[0])[2])
        assert link
        whole = office.client.get(f"{unescape(link[1])}&limit=200", headers={"accept": "text/html"})
        listed = re.findall(r'<tr id="(o\d+)">', whole.text)
        assert listed[: len(rows)] == rows
        if int(told[1]) <= 200:
            assert len(listed) == int(told[1])
        assert (link[2] == f"共 {told[1]} 项，查看全部") is (int(told[1]) > len(rows))
    assert len(shown.rows["late"]) == MOST


def test_the_chart_is_a_table_too_and_its_numbers_are_those_of_the_list(office: Office) -> None:
    _, html = page(office)
    chart = html.partition('<table class="chart">')[2].partition("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', chart, re.DOTALL)
    assert len(rows) == len({row["unit"] for row in office.get("/obligations", limit=200)["items"]})
    names = {unit.name: unit.id for unit in office.agency.units.values()}
    for name, cells in rows:
        numbers = [int(one) for one in re.findall(r">(\d+)(?=<)", cells)]
        assert numbers == [
            len(office.get("/obligations", unit=names[name], limit=200, **query)["items"])
            for query in (
                {"status": "overdue"},
                {"status": "upcoming", "due_to": "2026-09-25"},
                {"status": "upcoming", "due_from": "2026-09-26", "due_to": "2026-09-27"},
                {"status": "open"},
            )
        ]
        widths = [float(one) for one in re.findall(r' width="([\d.]+)"', cells)]
        longest = max(int(re.findall(r">(\d+)(?=<)", other)[3]) for _, other in rows)
        assert sum(widths) == pytest.approx(100 * numbers[3] / longest, abs=0.05)


def test_of_many_units_the_pressing_ones_are_shown_and_all_on_request() -> None:
    units = {**AGENCY.units}
    for number in range(MOST_UNITS):
        units[f"more-{number}"] = replace(AGENCY.units["finance"], id=f"more-{number}")
    duties = [Duty("guangyuan-2017-02", id_, date(2026, 1, 1)) for id_ in units]
    office = Office(empty=True, configured=replace(AGENCY, units=units, duties=by_key(duties)))
    office.tick()
    _, html = page(office)
    assert html.count('<th scope="row">') == MOST_UNITS
    assert f'<a href="/?units=all#units">共 {len(units)} 个单位，查看全部</a>' in html
    whole = office.client.get("/?units=all").text
    assert whole.count('<th scope="row">') == len(units)
    assert office.client.get("/?units=some").status_code == 422


def by_key(duties: list[Duty]) -> dict[str, Duty]:
    return {duty.key: duty for duty in duties}


def test_who_has_signed_is_shown(office: Office) -> None:
    row = of_unit(office, "food-drug", "2026-09-25")
    office.post(f"/obligations/{row[1:]}/events", {"type": "acknowledge", "by": "李四"})
    _, html = page(office)
    assert "✓ 李四（接口令牌：办公系统），2026-09-25 10:00" in text_of(html, row)
