"""统计 and its page: every figure has its list, every filter its sentence; the workbook says the same."""

import re
from functools import cache
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from office import Client, Office, copy, refusal
from sqlalchemy import Engine, event

from engine.accounts import Role
from engine.figures import DEFINITIONS, MEASURE_NAMES, Measure

MEASURES = [one.value for one in Measure]


@cache
def _played() -> Engine:
    """Something of everything."""
    office = Office()
    rows = office.get("/obligations", due_from="2026-01-01", due_to="2026-12-31", limit=200)
    for number, row in enumerate(rows["items"]):
        path, past = f"/obligations/{row['id']}/events", row["due_on"] < "2026-09-25"
        if number % 11 == 0:
            office.post(path, {"type": "waive", "reason": "机构调整"})
        elif past and number % 3:
            at = row["due_on"] if number % 2 else "2026-09-24"
            office.post(path, {"type": "complete", "at": at})
    return office.db


@pytest.fixture
def busy(office: Office) -> Office:
    copy(_played(), office.db)
    office.client = office.client_with(office.token("统计系统"))
    return office


def figures(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in MEASURES}


def test_every_figure_is_as_long_as_its_list(busy: Office) -> None:
    found = busy.get("/statistics", year=2026)
    assert found["total"] == {
        **{name: sum(row[name] for row in found["units"]) for name in MEASURES},
        "on_time_rate": found["total"]["on_time_rate"],
        "done_rate": found["total"]["done_rate"],
    }
    assert min(found["total"][name] for name in ("on_time", "late", "open_late", "ahead")) > 0
    for measure in MEASURES:
        items = busy.get("/statistics/list", year=2026, measure=measure, limit=200)["items"]
        assert len(items) == found["total"][measure], measure
        for row in found["units"]:
            assert sum(one["unit"] == row["unit"] for one in items) == row[measure]
        for row in found["periods"]:
            in_it = [one for one in items if one["due_on"].startswith(row["period"])]
            assert len(in_it) == row[measure]
    assert set(found["definitions"]) == {*MEASURES, "on_time_rate", "done_rate"}


def test_rates_are_of_what_is_over(busy: Office) -> None:
    total = busy.get("/statistics", year=2026)["total"]
    over = total["on_time"] + total["late"] + total["open_late"]
    assert total["due"] == over + total["ahead"]
    assert total["on_time_rate"] == pytest.approx(total["on_time"] / over)
    assert total["done_rate"] == pytest.approx((total["on_time"] + total["late"]) / over)
    ahead = busy.get("/statistics", **{"from": "2026-11-01", "to": "2026-11-30"})["total"]
    assert (ahead["on_time_rate"], ahead["done_rate"]) == (None, None)


def test_a_year_is_this_one_unless_said_and_is_cut_as_asked(busy: Office) -> None:
    year = busy.get("/statistics")
    assert (year["from"], year["to"]) == ("2026-01-01", "2026-12-31")
    assert [row["period"] for row in year["periods"]][::11] == ["2026-01", "2026-12"]
    quarters = busy.get("/statistics", step="quarter")["periods"]
    assert [row["period"] for row in quarters] == [f"2026-Q{n}" for n in range(1, 5)]
    stretch = busy.get("/statistics", **{"from": "2026-02-10", "to": "2026-03-05", "step": "year"})
    assert [row["period"] for row in stretch["periods"]] == ["2026"]
    items = busy.get("/statistics/list", **{"from": "2026-02-10", "to": "2026-03-05"})["items"]
    assert len(items) == stretch["total"]["due"]
    assert {row["due_on"][:7] for row in items} == {"2026-02", "2026-03"}


def test_units_alone_with_those_below_and_documents(busy: Office) -> None:
    whole = busy.get("/statistics")
    one = next(row for row in whole["units"] if row["unit"] == "finance")
    assert busy.get("/statistics", unit="finance")["units"] == [one]
    assert busy.get("/statistics", under="gov-office")["total"] == whole["total"]
    assert [row["unit"] for row in busy.get("/statistics", unit="gov-office")["units"]] == [
        "gov-office"
    ]
    paper = busy.get("/statistics", document="guangyuan-2017")["total"]["due"]
    assert 0 < paper <= whole["total"]["due"]


def test_the_list_has_pages(busy: Office) -> None:
    seen: list[int] = []
    query: dict[str, Any] = {"measure": "due", "limit": 50}
    while True:
        page = busy.get("/statistics/list", **query)
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == busy.get("/statistics")["total"]["due"]


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("year=2003", 422, "year"),
        ("year=abc", 422, "year"),
        ("year=2026&from=2026-01-01&to=2026-02-01", 422, "只能写一种"),
        ("from=2026-01-01", 422, "须同时写明"),
        ("from=2026-02-01&to=2026-01-01", 422, "早于"),
        ("from=2010-01-01&to=2026-01-01", 422, "十年"),
        ("from=2026-02-30&to=2026-03-01", 422, "不是日期"),
        ("unit=nowhere", 422, "没有“nowhere”"),
        ("under=nowhere", 422, "没有“nowhere”"),
        ("document=nowhere", 422, "没有“nowhere”"),
        ("step=week", 422, "step"),
        ("colour=red", 422, "colour"),
    ],
)
def test_a_bad_filter_is_answered_with_a_sentence(
    office: Office, query: str, status: int, told: str
) -> None:
    for path in ("/api/v1/statistics", "/api/v1/statistics/list", "/api/v1/statistics.xlsx"):
        code = "invalid_request"
        assert told in refusal(office.client.get(f"{path}?{query}"), status, code)
    for path in ("/statistics", "/statistics/list"):
        if "year=2026&from" in query:  # the form's year is always chosen: the days count
            assert office.client.get(f"{path}?{query}").status_code == 200
            continue
        page = office.client.get(f"{path}?{query}")
        assert page.status_code == status
        shown = re.search(r'class="fault"[^>]*>(.*?)</p>', page.text)
        assert shown
        assert told in unescape(shown[1])


def test_a_clerk_counts_what_is_his(busy: Office) -> None:
    person = busy.person(Role.READER, "finance")
    whole = busy.get("/statistics", unit="finance")
    assert person.get("/api/v1/statistics").json()["total"] == whole["total"]
    refusal(person.get("/api/v1/statistics?unit=statistics"), 404, "not_found")
    refusal(person.get("/api/v1/statistics?under=gov-office"), 404, "not_found")
    items = person.get("/api/v1/statistics/list?limit=200").json()["items"]
    assert {row["unit"] for row in items} == {"finance"}
    html = person.get("/statistics").text
    assert "广元市财政局" in html
    assert "广元市统计局" not in html


def linked(client: Client, html: str) -> int:
    """Each number of the page's tables is what its link lists."""
    links = re.findall(r'<a href="(/statistics/list\?[^"]*)">(\d+)</a>', html)
    for address, number in links[:: max(1, len(links) // 10)]:
        query = urlsplit(unescape(address)).query
        asked = {key: values[0] for key, values in parse_qs(query).items()} | {"limit": "200"}
        items = client.get("/api/v1/statistics/list", params=asked).json()["items"]
        assert len(items) == int(number), address
        page = client.get(unescape(address) + "&limit=200").text
        assert page.count('data-label="责任单位"') == int(number)
    return len(links)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?step=quarter",
        "?year=2025&from=2026-02-10&to=2026-09-30&under=finance&document=guangyuan-2017",
    ],
)
def test_the_page_shows_the_same_figures_with_their_lists(busy: Office, query: str) -> None:
    page = busy.client.get(f"/statistics{query}")
    assert page.status_code == 200
    assert linked(busy.client, page.text) > 8
    for name in (*MEASURE_NAMES.values(), "按时办结率", "办结率"):
        assert name in page.text
    for text in DEFINITIONS.values():
        assert text in page.text
    assert "<svg" in page.text
    assert "style=" not in page.text
    shown = re.search(r'href="(/statistics\.xlsx[^"]*)"', page.text)
    assert shown
    assert busy.client.get(unescape(shown[1])).status_code == 200


def test_the_columns_of_the_chart_are_as_high_as_their_figures(busy: Office) -> None:
    html = busy.client.get("/statistics").text
    drawn = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)".*? height="([\d.]+)"', html)
    periods = busy.get("/statistics")["periods"]
    most = max(row["due"] for row in periods)
    heights = [float(height) for _, _, _, height in drawn]
    expected = [
        row[part] * 180 / most
        for row in periods
        for part in ("on_time", "late", "open_late", "ahead")
        if row[part]
    ]
    assert heights == pytest.approx(expected, abs=0.06)


def test_the_workbook_says_the_same(busy: Office) -> None:
    found = busy.get("/statistics", year=2026)
    answer = busy.client.get("/api/v1/statistics.xlsx?year=2026")
    assert (
        "filename*=UTF-8''%E7%BB%9F%E8%AE%A12026%E5%B9%B4.xlsx"
        in (answer.headers["content-disposition"])
    )
    book = openpyxl.load_workbook(BytesIO(answer.content))
    assert book.sheetnames == ["按单位", "按期间", "说明"]
    for sheet, rows, name in (("按单位", "units", "unit_name"), ("按期间", "periods", "period")):
        lines = [[cell.value for cell in line] for line in book[sheet].iter_rows()]
        assert lines[0][2:] == [*MEASURE_NAMES.values(), "按时办结率", "办结率"]
        assert [line[2:10] for line in lines[1:-1]] == [
            [row[one] for one in MEASURES] for row in found[rows]
        ]
        if sheet == "按单位":
            assert [line[1] for line in lines[1:-1]] == [row[name] for row in found[rows]]
        assert lines[-1][:2] == [None, "合计"]
        assert lines[-1][2:10] == [found["total"][one] for one in MEASURES]
        rate = book[sheet].cell(len(lines), 11)
        assert rate.value == pytest.approx(found["total"]["on_time_rate"])
        assert rate.number_format == "0.0%"
    meanings = {line[0].value: line[1].value for line in book["说明"].iter_rows(min_row=2)}
    assert meanings["统计期"] == "到期日在2026年的事项"
    assert meanings["应办"] == DEFINITIONS[Measure.DUE]


def test_figures_are_counted_anew_when_something_happened_and_only_then(office: Office) -> None:
    counts: list[str] = []

    def note(*given: Any) -> None:
        counts.append(given[2])

    def counted() -> tuple[int, dict[str, int]]:
        """How often the obligations were counted for this answer, and the answer."""
        counts.clear()
        total = figures(office.get("/statistics")["total"])
        return sum("GROUP BY" in one for one in counts), total

    event.listen(office.db, "before_cursor_execute", note)
    row = min(office.disaster().json()["obligations"], key=lambda one: one["due_at"])  # 14:30
    again, first = counted()
    assert again == 1
    office.at("2026-09-25 14:30")
    assert counted() == (0, first)
    office.at("2026-09-25 14:31")
    again, late = counted()
    assert (again, late["open_late"] - first["open_late"]) == (1, 1)
    assert first["ahead"] - late["ahead"] == 1
    done = {"type": "complete", "at": "2026-09-25T14:00"}
    assert office.post(f"/obligations/{row['id']}/events", done).status_code == 200
    again, after = counted()
    assert (again, after["on_time"]) == (1, late["on_time"] + 1)
    office.at("2026-09-26 08:00")
    assert counted()[0] == 1  # another day
    person = office.person(Role.READER, "finance")
    assert person.get("/api/v1/statistics").json()["total"]["due"] < after["due"]
    office.disaster(at="2026-09-26T07:00", reference="2号")
    assert counted()[1]["due"] == after["due"] + 2
