"""Text that somebody stored to be run, or to break a page, is shown or refused, never run."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
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
        assert opened.apart(lambda: made.disaster(reference=SCRIPT)).status_code == 201
        made.at("2026-09-28 10:30")
        opened.apart(made.tick)
        yield opened


def test_what_is_stored_is_shown_and_never_run(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    shown = ""
    for _ in walk(page):
        assert page.locator("script, img, iframe, [onerror]").count() == 0, page.url
        assert not addresses(page, "javascript:"), page.url
        page.set_viewport_size(NARROW)
        assert not scrolls_sideways(page), page.url
        shown += page.locator("main").inner_text()
    for text in HOSTILE[:3]:
        assert text in shown


def addresses(page: Page, scheme: str) -> list[str]:
    """The links that begin so."""
    links = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    return [link for link in links if link.startswith(scheme)]
