"""Who is bound to some units: what is done to another unit, or to all, is refused with who may do it;
what is his he does by his role."""

from dataclasses import replace
from typing import Any

import pytest
from browser import fault, signed_in
from office import AGENCY, DISASTER, Client, Office, refusal

from engine.accounts import Role
from engine.api_tokens import Scope

REASON = {"reason": "机构改革"}
UNTIL = REASON | {"until": "2026-10-10"}
RULE = "guangyuan-2017-02"
PEOPLE = {one.id: one.contacts[0].name for one in AGENCY.units.values() if one.contacts}
THERE = next(id_ for id_ in PEOPLE if id_ not in ("finance", "gov-office"))
AWAY = {"from": "2026-09-28", "to": "2026-09-30", "unit": THERE, "name": PEOPLE[THERE]}
DAYS = {"rule": RULE, "unit": "statistics", **REASON}
PERSON = {"name": "lisi", "role": "clerk", "password": "a long enough password"}
SYSTEM = {"name": "x", "scope": "read"}
EVENT = {"trigger": DISASTER, "at": "2026-09-25T09:30"}
URL = {"url": "https://x.example.gov.cn"}

# Under /api/v1; what an administrator of all units is not refused.
OUTSIDE: list[tuple[str, dict[str, Any]]] = [
    ("units", {"id": "new", "name": "新单位", **REASON}),
    ("units", {"id": "new", "name": "新单位", "parent": "gov-office", **REASON}),
    ("units/statistics", REASON),
    ("units/statistics/end", REASON),
    ("units/finance/end", REASON),  # whose superior is outside
    ("duties", {**DAYS, "from": "2026-01-01"}),
    ("duties/end", {**DAYS, "until": "2026-12-31"}),
    ("absences", AWAY),
    ("absences/1/cancel", {}),
    ("silences", {**UNTIL, "unit": "statistics"}),
    ("silences", {**UNTIL, "rule": RULE}),
    ("silences/1/end", {}),
    ("silences/2/end", {}),
    ("events", {**EVENT, "unit": "statistics"}),
    ("events", {**EVENT, "unit": "all"}),
    ("channels/elsewhere/test", {}),
    ("channels/elsewhere/confirm", {"code": "0417"}),
    ("accounts", {**PERSON, "unit": "statistics"}),
    ("accounts", {**PERSON, "role": "office"}),
    ("accounts/other", {"shown_name": "李四"}),
    ("accounts/other/password", {"password": PERSON["password"]}),
    ("accounts/other/disable", {}),
    ("accounts/other/enable", {}),
    ("tokens", {**SYSTEM, "unit": "statistics"}),
    ("tokens", SYSTEM),
    ("tokens/其他/revoke", {}),
    ("subscriptions", {**URL, "unit": "statistics"}),
    ("subscriptions", URL),
    ("subscriptions/1", URL),
    ("subscriptions/1/secret", {}),
    ("subscriptions/1/disable", {}),
    ("subscriptions/1/enable", {}),
    ("subscriptions/1/remove", {}),
    ("subscriptions/1/test", {}),
    ("feeds", {"unit": "statistics"}),
]
PAGES: list[tuple[str, dict[str, str]]] = [
    ("/units", {"id": "new", "name": "新单位", **REASON}),
    *((f"/units/statistics{more}", {}) for more in ("", "/end", "/duties", "/duties/end")),
    *((f"/units/statistics/{more}", {}) for more in ("absences", "absences/1/cancel")),
    *((f"/units/statistics/{more}", {}) for more in ("silences", "silences/1/end")),
    *((f"/units/statistics/channels/console/{more}", {}) for more in ("test", "confirm")),
    ("/system/accounts", {**PERSON, "unit": "statistics"}),
    ("/system/accounts/1", {"act": "disable"}),
    ("/system/tokens", {**SYSTEM, "expires": "2027-01-01"}),
    ("/system/tokens", {"token": "2"}),
    ("/feeds", {"unit": "statistics"}),
]


@pytest.fixture
def office() -> Office:
    """With somebody else's absence, silences, account, token and subscription."""
    channels = {**AGENCY.channels, "elsewhere": AGENCY.channels["console"]}
    office = Office(configured=replace(AGENCY, channels=channels))
    office.person(Role.CLERK, "statistics", "other")
    office.token("其他", Scope.READ, "statistics")
    for path, body in [OUTSIDE[7], OUTSIDE[9], OUTSIDE[10], OUTSIDE[26]]:
        assert office.post(f"/{path}", body).status_code == 201
    return office


def bound(office: Office) -> dict[str, Client]:
    """An administrator of one unit, and a system that may do everything there."""
    token = office.token("财政", Scope.ADMIN, "finance")
    person = office.person(Role.ADMINISTRATOR, "finance", "boss")
    return {"person": person, "system": office.client_with(token)}


def test_what_is_done_to_another_unit_or_to_all_is_refused_and_says_who_may(office: Office) -> None:
    clients = bound(office)
    before = office.everything()
    for path, body in OUTSIDE:
        for who, client in clients.items():
            answer = client.post(f"/api/v1/{path}", json=body)
            assert "权限相同" in refusal(answer, 403, "forbidden"), (path, who)
    for page, form in PAGES:
        answer = clients["person"].post(page, data=form)
        assert "权限相同" in refusal(answer, 403, "forbidden"), page
    assert office.everything() == before


def test_who_sees_all_units_is_refused_none_of_it(office: Office) -> None:
    for path, body in OUTSIDE:
        if path != "subscriptions/1/test":  # it would leave this machine
            assert office.post(f"/{path}", body).status_code != 403, path


def test_an_obligation_of_another_unit_does_not_exist(office: Office) -> None:
    rows = office.get("/obligations", status="open")["items"]
    other = next(row["id"] for row in rows if row["unit"] == "statistics")
    office.at("2026-09-28 09:00").tick()
    theirs = office.get("/deliveries", limit=200)["items"]
    for client in bound(office).values():
        seen = {row["id"] for row in client.get("/api/v1/deliveries?limit=200").json()["items"]}
        told = next(row["id"] for row in theirs if row["id"] not in seen)
        done = {"type": "complete"}
        for path, body in (
            (f"obligations/{other}/events", done),
            ("silences", {**UNTIL, "obligation": other}),
            (f"deliveries/{told}/resend", REASON),
        ):
            refusal(client.post(f"/api/v1/{path}", json=body), 404, "not_found")


def test_what_is_his_an_administrator_of_a_unit_does(office: Office) -> None:
    for number, client in enumerate(bound(office).values()):
        unit = f"treasury{number}"
        person = {"name": "示例", "mail": "x@example.gov.cn"}
        made = {"id": unit, "name": unit, "parent": "finance", "contacts": [person], **REASON}
        for path, body in (
            ("units", made),
            ("duties", {**DAYS, "unit": unit, "from": "2026-01-01"}),
            ("absences", {**AWAY, "unit": unit, "name": "示例"}),
            ("silences", {**UNTIL, "unit": unit}),
            ("accounts", {**PERSON, "name": unit, "unit": unit}),
            ("tokens", {**SYSTEM, "name": unit, "unit": unit}),
            ("subscriptions", {**URL, "unit": unit}),
            ("feeds", {"unit": unit}),
        ):
            answer = client.post(f"/api/v1/{path}", json=body)
            assert answer.status_code == 201, (path, answer.text)


def test_a_page_shows_no_button_that_would_be_refused(office: Office) -> None:
    browser = signed_in(office, Role.ADMINISTRATOR, "finance")
    for path, button in (
        ("/documents", "载入正文"),
        ("/system/calendar", "导入放假通知"),
        ("/system", "访问记录"),
        ("/units", "（没有）"),
        ("/system/accounts", '<option value="">全部单位'),
        ("/system/tokens", '<option value="">全部单位'),
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert button not in page.text, path
    refused = browser.submit("/documents", "/units")
    assert "不限单位" in fault(refused)
    assert 'href="/units"' in refused.text  # he is still signed in, and can go on
