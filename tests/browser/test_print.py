"""What comes out of the printer: a month on one sheet, and tables with their heads."""

import re

import pytest
from playwright.sync_api import Page, expect

from engine.accounts import Role
from tests.browser.chromium import OUTPUT, PersonsPage

# Every cell as full as one can be: three matters, their text cut where the page cuts it.
_FULL = """
for (const cell of document.querySelectorAll('.month td:not(.other)')) {
  const line = '<li>逾期 <a href="#">' + '某某市某某区某某管理局：' + '时'.repeat(24) + '</a></li>';
  cell.innerHTML = '<p class="date"><strong>28</strong> <span class="mark holiday">国庆节 放假</span>'
    + ' <span class="provisional">暂定</span></p>'
    + '<p class="sum"><a href="#">待办 1234 项，已办结 1234 项</a></p><ul>' + line.repeat(3)
    + '<li><a href="#">还有 2465 项</a></li></ul>';
}
"""
_A4 = {"width": 718, "height": 1047}  # within margins of a centimetre


def sheets(page: Page, name: str) -> list[tuple[int, int]]:
    """Width and height of each sheet, in points."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    pdf = page.pdf(path=OUTPUT / f"{name}.pdf", prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


@pytest.mark.parametrize("month", ["2026-08", "2027-02"])  # six weeks, and four
def test_a_full_month_is_one_landscape_sheet(page_of: PersonsPage, month: str) -> None:
    page = page_of(Role.OFFICE)
    page.goto(f"/calendar?month={month}")
    expect(page.locator(".month tbody tr")).to_have_count(6 if month == "2026-08" else 4)
    page.evaluate(_FULL)
    assert sheets(page, f"print-{month}") == [(842, 595)]


@pytest.mark.parametrize("path", ["/obligations", "/rules", "/deliveries", "/statistics", "/units"])
def test_a_table_on_a4_keeps_its_head(page_of: PersonsPage, path: str) -> None:
    page = page_of(Role.OFFICE)
    page.set_viewport_size(_A4)
    page.goto(path)
    page.emulate_media(media="print")
    for head in page.locator("main thead").all():
        expect(head).to_have_css("display", "table-header-group")
        expect(head).to_have_css("position", "static")
    expect(page.locator("main thead")).not_to_have_count(0)
    for cell in page.locator("main tbody td:not(.tick)").all()[:3]:
        expect(cell).to_have_css("display", "table-cell")
