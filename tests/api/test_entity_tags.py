"""ETag, If-None-Match, If-Match: nothing is read twice in vain, nothing is changed unseen."""

import pytest
from httpx import Response
from office import Office, refusal

ONE = "/api/v1/obligations/1"


def tag(office: Office, path: str = ONE) -> str:
    return str(office.client.get(path).headers["etag"])


def status(office: Office, given: str, path: str = ONE) -> int:
    return office.client.get(path, headers={"if-none-match": given}).status_code


def change(office: Office, given: str, body: dict[str, str]) -> Response:
    return office.client.post(f"{ONE}/events", json=body, headers={"if-match": given})


@pytest.mark.parametrize("given", ["{}", "W/{}", '"other", {}', "*"])
def test_what_has_not_changed_is_not_sent_again(office: Office, given: str) -> None:
    known = tag(office)
    assert status(office, given.format(known)) == 304
    answer = office.client.get(ONE, headers={"if-none-match": known})
    assert (answer.content, answer.headers["etag"]) == (b"", known)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "acknowledge"},
        {"type": "complete", "evidence": "网站"},
        {"type": "waive", "reason": "不适用"},
    ],
)
def test_every_change_changes_the_tag(office: Office, body: dict[str, str]) -> None:
    known = tag(office)
    assert office.post("/obligations/1/events", body).status_code == 200
    assert tag(office) != known
    assert status(office, known) == 200


def test_what_is_late_from_now_on_has_another_tag(office: Office) -> None:
    (row,) = office.get("/obligations", due_from="2026-09-28", limit=1)["items"]
    path = f"/api/v1/obligations/{row['id']}"
    known = tag(office, path)
    office.at(f"{row['due_on']} 23:59")
    assert tag(office, path) == known
    office.at("2026-12-31 09:00")
    assert tag(office, path) != known


def test_a_change_of_what_moved_meanwhile_is_refused_and_changes_nothing(office: Office) -> None:
    known = tag(office)
    body = {"type": "complete", "evidence": "网站"}
    assert office.post("/obligations/1/events", {"type": "acknowledge"}).status_code == 200
    before = office.everything()
    answer = change(office, known, body)
    assert "有了变动" in refusal(answer, 412, "precondition_failed")
    assert office.everything() == before
    assert change(office, tag(office), body).status_code == 200


def test_without_a_condition_nothing_is_compared(office: Office) -> None:
    tag(office)
    assert office.post("/obligations/1/events", {"type": "acknowledge"}).status_code == 200
    assert office.post("/obligations/1/events", {"type": "complete"}).status_code == 200


PERSON = {"name": "赵六", "mobile": "13900000001", "mail": "zl@example.gov.cn"}
UNIT = {"id": "archive", "name": "广元市档案馆", "contacts": [PERSON], "reason": "机构新设"}


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "广元市档案局"},
        {"parent": "gov-office"},
        {"aliases": ["市档案馆"]},
        {"channels": ["console"]},
        {"region": "510800"},
        {"contacts": [PERSON | {"name": "钱七"}]},
        {"contacts": [PERSON | {"mobile": "13900000002"}]},
        {"contacts": [PERSON | {"mail": "other@example.gov.cn"}]},
        {"contacts": [PERSON | {"account": "zhaoliu"}]},
        {"contacts": [PERSON | {"role": "负责人"}]},
    ],
)
def test_whatever_of_a_unit_is_changed_its_tag_is_another(
    office: Office, changed: dict[str, object]
) -> None:
    """A number is not shown: who changes the contacts would take back what another has put right."""
    assert office.post("/units", UNIT).status_code == 201
    path, reason = "/api/v1/units/archive", {"reason": "改正"}
    known = tag(office, path)
    assert office.post("/units/archive", changed | reason).status_code == 200
    assert tag(office, path) != known
    stale = {"if-match": known}
    answer = office.client.post(path, json={"contacts": [PERSON]} | reason, headers=stale)
    refusal(answer, 412, "precondition_failed")
    fresh = {"if-match": tag(office, path)}
    assert office.client.post(path, json={"name": "档案馆"} | reason, headers=fresh).is_success


def test_proposals_deliveries_accounts_and_subscriptions_have_tags(office: Office) -> None:
    paper = {"name": "a.txt", "id": "w-2026", "title": "要点", "year": 2026, "text": "每月公开。"}
    office.post("/documents", paper)
    office.at("2026-09-28 09:00").tick()
    account = {"name": "lisi", "role": "reader", "unit": "finance", "password": "长城内外-2026年"}
    assert office.post("/accounts", account).status_code == 201
    assert office.post("/subscriptions", {"url": "https://x.example.gov.cn"}).status_code == 201
    for path, verb, body in (
        ("/proposals/1", "/edit", {"value": "P3M"}),
        ("/deliveries/1", "/resend", {"reason": "没有收到"}),
        ("/accounts/lisi", "", {"shown_name": "李四"}),
        ("/subscriptions/1", "", {"events": ["obligation.late"]}),
    ):
        known = tag(office, f"/api/v1{path}")
        assert status(office, known, f"/api/v1{path}") == 304
        stale = office.client.post(f"/api/v1{path}{verb}", json=body, headers={"if-match": '"x"'})
        refusal(stale, 412, "precondition_failed")
        done = office.client.post(f"/api/v1{path}{verb}", json=body, headers={"if-match": known})
        assert done.status_code == 200, done.text
