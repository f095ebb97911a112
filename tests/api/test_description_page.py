"""/docs: served by us alone, with a script that is a file of ours, for who has signed in."""

import re

import pytest
from office import Client, Office, refusal

from engine.accounts import Role


def policy(answer: object) -> dict[str, str]:
    header = answer.headers["content-security-policy"]  # type: ignore[attr-defined]
    return dict(part.strip().partition(" ")[::2] for part in header.split(";"))


def test_the_page_allows_files_of_ours_and_nothing_inline(office: Office) -> None:
    page = office.person(Role.READER, "finance").get("/docs")
    assert page.status_code == 200
    found = policy(page)
    assert (found["default-src"], found["script-src"], found["style-src"]) == (
        "'none'",
        "'self'",
        "'self'",
    )
    assert found["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page.text) == ["", ""]
    assert not re.search(r"<style| style=| on\w+=|https?://", page.text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        asset = office.client.get(path)
        assert asset.status_code == 200, path
        assert asset.content, path


def test_no_other_page_allows_a_script(office: Office) -> None:
    person = office.person(Role.READER, "finance")
    for path in ("/", "/docs/assets/swagger-ui.css", "/static/docs.js", "/openapi.json"):
        assert "script-src" not in policy(person.get(path)), path


def test_it_carries_the_token_of_the_forms(office: Office) -> None:
    person = office.person(Role.OFFICE)
    page = person.get("/docs").text
    assert f'<meta name="csrf" content="{person.headers["x-csrf-token"]}">' in page


@pytest.mark.parametrize("path", ["/docs", "/docs/assets/swagger-ui-bundle.js"])
def test_it_asks_who_it_is(office: Office, path: str) -> None:
    refusal(Client(office.app).get(path), 401, "unauthorized")
    browser = Client(office.app, {"accept": "text/html"})
    assert browser.get(path).headers["location"].startswith("/sign-in?next=%2Fdocs")


@pytest.mark.parametrize("name", ["redoc.standalone.js", "..%2Fcore.py", "nothing"])
def test_nothing_else_of_the_package_is_served(office: Office, name: str) -> None:
    assert office.client.get(f"/docs/assets/{name}").status_code in (404, 422)
