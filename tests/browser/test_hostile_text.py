"""Text that somebody stored to be run, or to break a page, is shown or refused, never run."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page
from sqlmodel import col

from engine.accounts import Role
from engine.database import writing
from engine.obligations import Obligation, Status, complete, list_obligations
from tests.api.office import AGENCY, Office
from tests.browser.chromium import NARROW, PersonsPage, scrolls_sideways
from tests.browser.served_office import ServedOffice, like, served
from tests.browser.walking import walk

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    "\"'><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "\u202e反着写的\u2066",
    "W" * 10_000,
    "长" * 10_000,
    "+1+cmd|' /C calc'!A0",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
)


@pytest.fixture
def office(past: Office, tmp_path: Path) -> Iterator[ServedOffice]:
    """An office whose units, evidence, documents and events are called so."""
    names = dict(zip(AGENCY.units, HOSTILE, strict=False))
    units = {id_: replace(u, name=names.get(id_, u.name)) for id_, u in AGENCY.units.items()}
    made = like(past, tmp_path / "qixian.db", replace(AGENCY, units=units))
    with writing(made.db) as session:
        rows = list_obligations(session, col(Obligation.status) == Status.OPEN)
        for row, text in zip(rows, HOSTILE, strict=False):
            assert row.id
            complete(session, row.id, by=text, at=made.now, evidence=text, now=made.now)
    with served(made) as opened:
        paper = {"name": "hostile.txt", "text": f"{SCRIPT}各单位按月公开。\n", "title": SCRIPT}
        answer = opened.apart(lambda: made.post("/documents", paper | {"year": 2026}))
        assert answer.status_code == 201, answer.text
        first = answer.json()["proposals"][0]
        taken = opened.apart(lambda: made.post(f"/proposals/{first}/accept", {"by": "王莉"}))
        assert taken.status_code == 200, taken.text
        assert opened.apart(lambda: made.disaster(reference=SCRIPT)).status_code == 201
        made.at("2026-09-28 10:30")
        opened.apart(made.tick)
        yield opened


def test_what_is_stored_is_shown_and_never_run(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    shown = ""
    for _ in walk(page):
        shown += harmless(page)
    for text in HOSTILE[:3]:
        assert text in shown


def test_the_pages_of_what_is_called_so(page_of: PersonsPage, office: ServedOffice) -> None:
    page = page_of(Role.ADMINISTRATOR)
    shown = ""
    for path in office.apart(lambda: list(details(office.office))):
        answer = page.goto(path)
        assert answer
        assert answer.status == 200, path
        shown += harmless(page)
    for text in HOSTILE[:4]:
        assert text in shown


def details(office: Office) -> Iterator[str]:
    """The pages of one thing whose text is hostile, and of a list behind a figure."""
    done = office.get("/obligations", status="done", limit=200)["items"]
    yield from (f"/obligations/{row['id']}" for row in done if row["evidence"] in HOSTILE)
    yield from (f"/units/{id_}" for id_ in list(AGENCY.units)[: len(HOSTILE)])
    yield from (f"/deliveries/{row['id']}" for row in office.get("/deliveries", limit=200)["items"])
    rules = [rule for rule in office.agency.rules if rule.document.title == SCRIPT]
    assert rules
    yield f"/rules/{rules[0].id}"
    yield f"/documents/{rules[0].document.id}"
    yield "/statistics/list?measure=due"
    yield "/messages?days=1"


def harmless(page: Page) -> str:
    """What the page says; nothing of it is run, or wider than a small screen."""
    assert page.locator("script, img, iframe, [onerror]").count() == 0, page.url
    assert not addresses(page, "javascript:"), page.url
    page.set_viewport_size(NARROW)
    assert not scrolls_sideways(page), page.url
    return page.locator("main").inner_text()


def test_no_cell_of_a_workbook_is_a_formula(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    held = set()
    for path in ("/obligations.xlsx", "/statistics.xlsx"):
        answer = page.request.get(path)
        assert answer.ok, path
        book = load_workbook(BytesIO(answer.body()))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert [cell.value for cell in cells if cell.data_type == "f"] == []
        held |= {cell.value for cell in cells if cell.data_type == "s"}
    for text in HOSTILE:
        assert text in held or len(text) > 1000 or "\u202e" in text


def addresses(page: Page, scheme: str) -> list[str]:
    """The links that begin so."""
    links = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    return [link for link in links if link.startswith(scheme)]
