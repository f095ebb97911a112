"""What is configured, the working calendar, deliveries, and the description of the interface."""

from dataclasses import replace

import pytest
from office import AGENCY, Office, refusal

from api.permissions import OPERATIONS
from engine.accounts import Role
from engine.seasons import Season
from tests.builders import day


def test_documents_say_where_they_come_from(office: Office) -> None:
    items = office.get("/documents")["items"]
    keys = ["id", "title", "number", "issuer", "adopted", "published", "year", "from", "until"]
    keys.append("texts")
    assert [list(item) for item in items] == [keys] * len(items)
    assert {item["id"] for item in items} == set(AGENCY.catalogue.documents)


def test_rules_say_how_they_are_read(office: Office) -> None:
    items = {item["id"]: item for item in office.get("/rules")["items"]}
    assert set(items) == set(AGENCY.catalogue.rules)
    monthly, waiting = items["guangyuan-2017-02"], items["guangyuan-2017-43"]
    assert list(monthly)[-3:] == ["reading", "waits", "holder_units"]
    assert (monthly["waits"], waiting["waits"]) == (False, True)
    assert monthly["holder_units"]["市财政局"] == "finance"
    assert None in monthly["holder_units"].values()
    assert "默认口径" in monthly["reading"]


def test_rules_say_all_that_the_catalogue_says(office: Office) -> None:
    items = {item["id"]: item for item in office.get("/rules")["items"]}
    keys = ["place", "text", "from", "until", "anchor", "share", "holder_kind", "exception"]
    keys += ["softened", "starts_after", "same_as", "refers_to", "replaces", "note"]
    assert {tuple(item)[8:-3] for item in items.values()} == {tuple(keys)}
    reply = items["zfxxgk-tiaoli-2019-33-reply"]
    assert (reply["from"], reply["until"]) == ("2019-05-15", None)
    assert reply["replaces"] == "zfxxgk-tiaoli-2007-24-reply"
    assert (reply["place"], reply["text"]) == ("第三十三条", "zfxxgk-tiaoli-2019")
    asking = items["gbf-2017-24-65"]
    assert asking["refers_to"] == ["zfxxgk-tiaoli-2007-24-reply"]
    assert (asking["waits"], asking["exception"], asking["softened"]) == (False, None, None)
    assert items["gbf-2017-24-04"]["same_as"] == ["guangyuan-2017-03"]
    assert items["gbf-2018-23-28"]["starts_after"] == "gbf-2018-23-29"
    assert items["gbf-2018-23-28"]["holder_kind"] == "condition"


@pytest.mark.parametrize("noun", ["rules", "units"])
def test_one_is_shown_as_in_the_list_and_named_by_its_tag(office: Office, noun: str) -> None:
    for item in office.get(f"/{noun}")["items"]:
        path = f"/api/v1/{noun}/{item['id']}"
        answer = office.client.get(path)
        assert answer.json() == item
    again = office.client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    refusal(office.client.get(f"/api/v1/{noun}/none"), 404, "not_found")


def test_a_unit_is_shown_to_those_who_see_it(office: Office) -> None:
    reader = office.person(Role.READER, "finance")
    assert reader.get("/api/v1/units/finance").status_code == 200
    there = refusal(reader.get("/api/v1/units/statistics"), 404, "not_found")
    never = refusal(reader.get("/api/v1/units/nowhere"), 404, "not_found")
    assert there.replace("statistics", "nowhere") == never


def test_a_unit_that_was_changed_meanwhile_is_not_changed_over_it(office: Office) -> None:
    unit = {"id": "archive", "name": "档案馆", "channels": ["console"], "reason": "新设"}
    assert office.post("/units", unit).status_code == 201
    seen = {"if-match": office.client.get("/api/v1/units/archive").headers["etag"]}
    change = {"name": "市档案馆", "reason": "更名"}
    path = "/api/v1/units/archive"
    assert office.client.post(path, json=change, headers=seen).json()["name"] == "市档案馆"
    late = office.client.post(path, json=change | {"name": "馆"}, headers=seen)
    refusal(late, 412, "precondition_failed")
    assert office.get("/units/archive")["name"] == "市档案馆"


def test_units_do_not_show_the_addresses_of_persons(office: Office) -> None:
    items = {item["id"]: item for item in office.get("/units")["items"]}
    keys = ["id", "name", "parent", "aliases", "contacts", "channels", "region"]
    keys += ["registered", "entry"]
    assert list(items["finance"]) == keys
    assert items["finance"]["parent"] == "gov-office"
    assert items["gov-office"]["parent"] is None
    assert items["finance"]["contacts"] == ["示例甲"]


def test_duties_say_who_owes_what_and_since_when(office: Office) -> None:
    items = office.get("/duties")["items"]
    assert len(items) == len(AGENCY.duties)
    until = {"from": "2026-01-01", "until": "2026-12-31", "ladder": "default"}
    until |= {"implied_by": None, "registered": False}
    assert {"rule": "guangyuan-2017-13", "unit": "service-centre", **until} in items


def test_seasons_say_from_when_until_when_and_for_whom() -> None:
    rule = "gbf-2017-24-21"
    season = Season("收购旺季", day("2026-05-20"), day("2026-09-30"), (rule,), ("finance",))
    later = Season("收购旺季", day("2026-10-08"), day("2026-10-31"))
    configured = replace(AGENCY, seasons=(later, season))
    assert Office(configured=configured).get("/seasons")["items"] == [
        {
            "name": "收购旺季",
            "from": "2026-05-20",
            "until": "2026-09-30",
            "rules": [rule],
            "units": ["finance"],
        },
        {"name": "收购旺季", "from": "2026-10-08", "until": "2026-10-31", "rules": [], "units": []},
    ]
    assert Office().get("/seasons")["items"] == []


def test_the_working_calendar_answers_as_on_the_command_line(office: Office) -> None:
    certain = {"provisional": False, "earliest": "2026-10-30", "latest": "2026-10-30"}
    added = office.get("/workdays/add", date="2026-09-28", n=20)
    assert added == {"date": "2026-10-30", **certain}
    assert office.get("/workdays/add", date="2026-10-12", n=-10)["date"] == "2026-09-21"
    assert office.get("/workdays/count", a="2026-03-02", b="2026-03-30") == {"count": 20}
    day = office.get("/workdays/check", date="2026-10-10")
    assert list(day) == ["date", "workday", "name", "basis"]
    assert day["workday"] is True


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("add", {"date": "2026-02-30", "n": "1"}, "invalid_request"),
        ("add", {"date": "2026-02-03"}, "invalid_request"),
        ("add", {"date": "2026-02-03", "n": "1.5"}, "invalid_request"),
        ("add", {"date": "2026-02-03", "n": "9" * 5000}, "invalid_request"),
        ("add", {"date": "2026-02-03", "n": "1", "region": "x"}, "invalid_request"),
        ("add", {"date": "2003-12-31", "n": "1"}, "outside_calendar"),
        ("add", {"date": "2100-12-31", "n": "10000"}, "outside_calendar"),
        ("count", {"a": "2026-01-01"}, "invalid_request"),
        ("count", {"a": "2026-01-01", "b": "\x00"}, "invalid_request"),
        ("count", {"a": "2026-01-01", "b": "2101-01-01"}, "outside_calendar"),
        ("check", {"date": "9999-12-31"}, "outside_calendar"),
        ("check", {"date": "x" * 10000}, "invalid_request"),
    ],
)
def test_a_bad_day_is_refused(office: Office, path: str, query: dict[str, str], code: str) -> None:
    refusal(office.client.get(f"/api/v1/workdays/{path}", params=query), 422, code)


def test_deliveries_show_what_went_out_newest_first(office: Office) -> None:
    office.tick()
    office.at("2026-09-28 09:00").tick()
    items = office.get("/deliveries", limit=200)["items"]
    assert len(items) > 5
    assert [item["id"] for item in items] == sorted((i["id"] for i in items), reverse=True)
    newest = items[0]
    assert (newest["state"], newest["attempts"]) == ("accepted", 1)
    assert newest["planned_at"] == "2026-09-28T09:00:00+08:00"
    assert newest["alerts"]
    assert list(newest["alerts"][0]) == ["obligation", "rung"]
    assert "body" not in newest
    seen, cursor = [], {}
    while cursor is not None:
        page = office.get("/deliveries", limit=4, **cursor)
        seen += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert seen == items


def test_one_delivery_shows_its_text_and_its_attempts(office: Office) -> None:
    office.at("2026-09-28 09:00").tick()
    id_ = office.get("/deliveries", limit=1, state="accepted", channel="console")["items"][0]["id"]
    whole = office.get(f"/deliveries/{id_}")
    assert "【期限提醒】" in whole["body"]
    (attempt,) = whole["history"]
    assert (attempt["number"], attempt["outcome"]) == (1, "accepted")
    assert set(attempt) == {
        *("number", "started_at", "ended_at", "seconds", "outcome", "fault", "provider"),
        *("http_status", "code", "detail", "provider_id", "bytes"),
    }
    assert attempt["seconds"] == 0.0
    assert office.get("/deliveries", state="failed") == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query", [{"state": "lost"}, {"cursor": "0"}, {"cursor": str(2**63)}, {"chanel": "console"}]
)
def test_a_slip_in_the_filter_of_deliveries_is_refused(
    office: Office, query: dict[str, str]
) -> None:
    answer = office.client.get("/api/v1/deliveries", params=query)
    refusal(answer, 422, "invalid_request")


def test_a_delivery_that_does_not_exist_is_refused(office: Office) -> None:
    refusal(office.client.get("/api/v1/deliveries/1"), 404, "not_found")
    refusal(office.client.get(f"/api/v1/deliveries/{2**63}"), 422, "invalid_request")


def test_the_interface_describes_itself(office: Office) -> None:
    described = office.client.get("/openapi.json").json()
    operations = {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
    }
    ours = {name for name in OPERATIONS if name.partition(" ")[2].startswith("/api/v1/")}
    assert operations == ours | {"GET /healthz", "GET /readyz"}
