"""Who may ask: every operation with every role and every scope; what belongs to other units; what
is open to everybody."""

import json
import re
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from office import DISASTER, Client, Office, refusal
from sqlalchemy import text

from api.permissions import OPERATIONS, WHOLE_OFFICE, Permission
from engine.accounts import Role
from engine.api_tokens import Scope

# Who may do what: O the office (政务公开办), C a clerk (单位经办), R a reader (只读); an administrator
# may do everything. r, a: tokens that may read, act. Lower case and upper case stand side by side.
# !: who is bound to some units does it in no role, as it concerns all (what else he may not:
# test_http_bounds.py).
TABLE = """
GET  /                                            OCR ra
GET  /deliveries                                  OCR ra
POST /deliveries                                  O
GET  /deliveries/{delivery_id}                    OCR ra
POST /deliveries/{delivery_id}                    O
GET  /documents                                   OCR ra
POST /documents                                   O  !
GET  /documents/{id}                              OCR ra
POST /proposals/{proposal_id}/accept              O  !
POST /proposals/{proposal_id}/edit                O  !
POST /proposals/{proposal_id}/dismiss             O  !
GET  /rules                                       OCR ra
GET  /rules/{id}                                  OCR ra
POST /rules/{id}/interpretation                   O  !
POST /rules/{id}/interpretation/withdraw          O  !
GET  /obligations                                 OCR ra
POST /obligations                                 OC   a
GET  /obligations/{obligation_id}                 OCR ra
POST /obligations/{obligation_id}                 OC   a
GET  /events                                      OCR ra
POST /events                                      OC   a
GET  /calendar                                    OCR ra
GET  /units                                       OCR ra
POST /units                                       O
GET  /units/{unit}                                OCR ra
POST /units/{unit}                                O
POST /units/{unit}/end                            O
POST /units/{unit}/duties                         O
POST /units/{unit}/duties/end                     O
POST /units/{unit}/absences                       OC   a
POST /units/{unit}/absences/{absence_id}/cancel   OC   a
POST /units/{unit}/silences                       OC   a
POST /units/{unit}/silences/{silence_id}/end      OC   a
POST /units/{unit}/channels/{channel}/test        O
POST /units/{unit}/channels/{channel}/confirm     O
GET  /import                                      O
POST /import                                      O
GET  /import/template                             O
POST /import/apply                                O
GET  /openapi.json                                OCR ra
GET  /messages                                    O
GET  /system                                      O
GET  /system/calendar                             O
POST /system/calendar                             O  !
GET  /system/accounts
POST /system/accounts
GET  /system/accounts/{account_id}
POST /system/accounts/{account_id}
GET  /system/tokens
POST /system/tokens
GET  /system/access                                  !
GET  /password                                    OCR
POST /password                                    OCR
POST /sign-out                                    OCR
POST /sign-out-everywhere                         OCR
GET  /obligations.xlsx                            OCR ra
GET  /statistics                                  OCR ra
GET  /statistics/list                             OCR ra
GET  /statistics.xlsx                             OCR ra
GET  /feeds                                       OCR
POST /feeds                                       OCR
POST /feeds/{feed_id}/revoke                      OCR
GET  /api/v1/obligations                          OCR ra
GET  /api/v1/obligations.xlsx                     OCR ra
GET  /api/v1/statistics                           OCR ra
GET  /api/v1/statistics/list                      OCR ra
GET  /api/v1/statistics.xlsx                      OCR ra
GET  /api/v1/feeds                                OCR ra
POST /api/v1/feeds                                OCR ra
POST /api/v1/feeds/{feed_id}/revoke               OCR ra
GET  /api/v1/obligations/{obligation_id}          OCR ra
GET  /api/v1/obligations/{obligation_id}/explanation OCR ra
POST /api/v1/obligations/{obligation_id}/events   OC   a
POST /api/v1/events                               OC   a
GET  /api/v1/absences                             OCR ra
POST /api/v1/absences                             OC   a
POST /api/v1/absences/{absence_id}/cancel         OC   a
GET  /api/v1/silences                             OCR ra
POST /api/v1/silences                             OC   a
POST /api/v1/silences/{silence_id}/end            OC   a
GET  /api/v1/people/unreachable                   O
GET  /api/v1/documents                            OCR ra
GET  /api/v1/documents/{id}                       OCR ra
GET  /api/v1/documents/{id}/text                  OCR ra
GET  /api/v1/documents/{id}/phrases               OCR ra
GET  /api/v1/documents/{id}/catalogue             OCR ra
POST /api/v1/documents                            O  !
GET  /api/v1/proposals                            OCR ra
GET  /api/v1/proposals/{proposal_id}              OCR ra
POST /api/v1/proposals/{proposal_id}/accept       O  !
POST /api/v1/proposals/{proposal_id}/edit         O  !
POST /api/v1/proposals/{proposal_id}/dismiss      O  !
GET  /api/v1/rules                                OCR ra
GET  /api/v1/rules/{id}                           OCR ra
GET  /api/v1/rules/{id}/interpretations           OCR ra
POST /api/v1/rules/{id}/interpretation            O  !
POST /api/v1/rules/{id}/interpretation/withdraw   O  !
GET  /api/v1/units                                OCR ra
GET  /api/v1/units/{id}                           OCR ra
POST /api/v1/units                                O
POST /api/v1/units/{id}                           O
POST /api/v1/units/{id}/end                       O
GET  /api/v1/duties                               OCR ra
POST /api/v1/duties                               O
POST /api/v1/duties/end                           O
POST /api/v1/import                               O
GET  /api/v1/seasons                              OCR ra
GET  /api/v1/deliveries                           OCR ra
GET  /api/v1/deliveries/{delivery_id}             OCR ra
POST /api/v1/deliveries/{delivery_id}/resend      O
POST /api/v1/deliveries/resend                    O
POST /api/v1/bounces                              O  !
GET  /api/v1/channels                             O
POST /api/v1/channels/{channel}/test              O
POST /api/v1/channels/{channel}/confirm           O
GET  /api/v1/calendar/{year}                      OCR ra
POST /api/v1/calendar/notices                     O  !
GET  /api/v1/workdays/add                         OCR ra
GET  /api/v1/workdays/count                       OCR ra
GET  /api/v1/workdays/check                       OCR ra
GET  /docs                                        OCR ra
GET  /docs/assets/{name}                          OCR ra
GET  /metrics                                        !
GET  /api/v1/status                                  !
GET  /api/v1/accounts
GET  /api/v1/accounts/{name}
POST /api/v1/accounts
POST /api/v1/accounts/{name}
POST /api/v1/accounts/{name}/password
POST /api/v1/accounts/{name}/disable
POST /api/v1/accounts/{name}/enable
GET  /api/v1/tokens
POST /api/v1/tokens
POST /api/v1/tokens/{name}/revoke
GET  /api/v1/subscriptions
GET  /api/v1/subscriptions/{subscription_id}
POST /api/v1/subscriptions
POST /api/v1/subscriptions/{subscription_id}
POST /api/v1/subscriptions/{subscription_id}/secret
POST /api/v1/subscriptions/{subscription_id}/disable
POST /api/v1/subscriptions/{subscription_id}/enable
POST /api/v1/subscriptions/{subscription_id}/test
POST /api/v1/subscriptions/{subscription_id}/remove
"""
ROWS = {f"{row[0]} {row[1]}": "".join(row[2:]) for row in map(str.split, TABLE.split("\n")[1:-1])}
OPEN = {
    "/static",
    *("GET /healthz", "GET /readyz", "GET /sign-in", "POST /sign-in"),
    *("GET /first-visit", "POST /first-visit"),
    *("GET /sign-in/oidc", "GET /sign-in/oidc/return"),
    *("GET /sign-in/wecom", "GET /sign-in/wecom/return"),
}
SIGNED = {
    "GET /feeds/{token}.ics",
    *("GET /m/{token}", "POST /m/{token}"),
    *("GET /callbacks/wecom/{channel}", "POST /callbacks/wecom/{channel}"),
}
PERSONS = {"O": (Role.OFFICE, ""), "C": (Role.CLERK, "finance"), "R": (Role.READER, "finance")}
FINANCE = "guangyuan-2017-02"


def operations(office: Office) -> set[str]:
    """Everything that the application answers to."""
    found = set()
    for route in iter_route_contexts(office.app.routes):
        assert route.path is not None
        methods = [f"{method} {route.path}" for method in route.methods or ()]
        found |= set(methods or [route.path])
    return found


def ask(client: Client, operation: str) -> Any:
    method, _, path = operation.partition(" ")
    known = {"year": "2026", "unit": "finance"}
    filled = re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], "1"), path)
    if operation in ("POST /system/accounts", "POST /system/tokens"):  # none is of all units
        return client.post(filled, data={"unit": "finance"})
    return client.request(method, filled, json=None if method == "GET" else {})


def test_every_operation_is_classified_and_stands_in_the_table(office: Office) -> None:
    assert operations(office) == set(OPERATIONS)
    assert set(OPERATIONS) == set(ROWS) | OPEN | SIGNED
    assert {name for name, asks in OPERATIONS.items() if asks is Permission.OPEN} == OPEN
    assert {name for name, asks in OPERATIONS.items() if asks is Permission.SIGNED} == SIGNED


def test_every_operation_asks_who_it_is(office: Office) -> None:
    nobody = Client(office.app)
    for operation in ROWS:
        answer = ask(nobody, operation)
        assert "登录" in refusal(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_every_operation_with_every_role_and_scope(office: Office) -> None:
    systems = {"r": office.client_with(office.token("r", Scope.READ))}
    systems["a"] = office.client_with(office.token("a", Scope.ACT))
    for number, (operation, allowed) in enumerate(ROWS.items()):
        persons = {k: office.person(*who, name=f"{k}{number}") for k, who in PERSONS.items()}
        for letter, client in {**persons, **systems}.items():
            answer = ask(client, operation)
            if letter in allowed:
                assert answer.status_code not in (401, 403), (operation, letter, answer.text)
            else:
                refusal(answer, 403, "forbidden")
        administrator = office.person(Role.ADMINISTRATOR, name=f"admin{number}")
        assert ask(administrator, operation).status_code not in (401, 403), operation
        answer = ask(office.client, operation)  # a token that may do everything is no person
        if OPERATIONS[operation] is Permission.OWN:
            refusal(answer, 403, "forbidden")
        else:
            assert answer.status_code not in (401, 403), operation


def test_every_operation_by_who_is_bound_to_some_units(office: Office) -> None:
    """As by anybody of the role, but for what concerns the whole office."""
    scopes = {"r": Scope.READ, "a": Scope.ACT, "*": Scope.ADMIN}
    systems = {k: office.client_with(office.token(k, s, "finance")) for k, s in scopes.items()}
    roles = {"O": Role.OFFICE, "*": Role.ADMINISTRATOR}
    for number, (operation, allowed) in enumerate(ROWS.items()):
        persons = [(k, office.person(r, "finance", f"{k}{number}")) for k, r in roles.items()]
        for letter, client in persons + list(systems.items()):
            own = OPERATIONS[operation] is Permission.OWN and client in systems.values()
            answer = ask(client, operation)
            if letter in f"{allowed}*" and "!" not in allowed and not own:
                assert answer.status_code not in (401, 403), (operation, letter, answer.text)
            else:
                told = refusal(answer, 403, "forbidden")
                assert ("不限单位" in told) == ("!" in allowed and letter in f"{allowed}*")
    assert {name for name, allowed in ROWS.items() if "!" in allowed} == WHOLE_OFFICE


def test_what_carries_its_signature_is_left_to_its_route(office: Office) -> None:
    """No session, no form token, and an origin that a page without a referrer calls null."""
    for operation in SIGNED:
        method, _, path = operation.partition(" ")
        filled = path.replace("{token}", "x" * 32).replace("{channel}", "none")
        answer = Client(office.app).request(method, filled, headers={"origin": "null"})
        assert answer.status_code == 404, (operation, answer.text)


def test_what_nobody_has_classified_is_refused_to_everybody(office: Office) -> None:
    @office.app.get("/new")
    async def new() -> dict[str, str]:
        return {}

    office.app.mount("/folder", office.app)
    for path in ("/new", "/folder/healthz"):
        refusal(office.client.get(path), 403, "forbidden")
        refusal(office.person(Role.ADMINISTRATOR, name=path).get(path), 403, "forbidden")
        refusal(Client(office.app).get(path), 401, "unauthorized")


@pytest.mark.parametrize(
    "given",
    [
        *("", "Bearer", "Bearer ", "Bearer qx_", "Bearer qx_nobody", "Basic eDp5", "Bearer é"),
        *("qx_nobody", "Digest x", "Bearer \x00"),
    ],
)
def test_a_wrong_token_opens_nothing(office: Office, given: str) -> None:
    client = Client(office.app, {"cookie": office.person(Role.OFFICE).headers["cookie"]})
    answer = client.get("/api/v1/units", headers={"authorization": given.encode()})
    assert "接口令牌不对" in refusal(answer, 401, "unauthorized")


def test_a_token_ends_with_its_last_day_or_when_it_is_revoked(office: Office) -> None:
    office.at("2034-12-12 23:59")
    assert office.client.get("/api/v1/units").status_code == 200
    office.at("2034-12-13 00:00")
    assert "已过期" in refusal(office.client.get("/api/v1/units"), 401, "unauthorized")
    other = office.client_with(office.token("另一个"))
    assert other.get("/api/v1/units").status_code == 200
    with office.db.begin() as connection:
        connection.execute(text("UPDATE api_token SET revoked_at = '2034-12-13 00:00:00.000000'"))
    assert "已吊销" in refusal(other.get("/api/v1/units"), 401, "unauthorized")


def test_when_a_token_was_last_used_is_written_once_a_minute(office: Office) -> None:
    def used() -> str:
        with office.db.connect() as connection:
            return str(connection.execute(text("SELECT last_used_at FROM api_token")).scalar())

    assert used() == "None"
    for moment, told in (("10:00", "02:00"), ("10:00:59", "02:00"), ("10:01", "02:01")):
        office.at(f"2026-09-25 {moment}").get("/units")
        assert used().startswith(f"2026-09-25 {told}:00")


def test_no_token_and_no_session_stands_in_the_database(office: Office) -> None:
    person = office.person(Role.OFFICE)
    secrets = [office.client.headers["authorization"], person.headers["cookie"]]
    with office.db.connect() as connection:
        dumped = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    for secret in secrets:
        assert re.split("[ =]", secret)[1] not in dumped


def clerk(office: Office) -> Client:
    return office.person(Role.CLERK, "finance", "clerk")


def test_a_clerk_sees_the_obligations_of_his_unit_only(office: Office) -> None:
    everybody = office.get("/obligations", limit=200)["items"]
    own = [row["id"] for row in office.get("/obligations", unit="finance", limit=200)["items"]]
    person = clerk(office)
    assert [row["id"] for row in person.get("/api/v1/obligations?limit=200").json()["items"]] == own
    for row in everybody:
        for path in ("", "/explanation"):
            answer = person.get(f"/api/v1/obligations/{row['id']}{path}")
            if row["id"] in own:
                assert answer.status_code == 200
            else:
                refusal(answer, 404, "not_found")
    other = next(row["id"] for row in everybody if row["id"] not in own)
    told = refusal(person.get(f"/api/v1/obligations/{other}"), 404, "not_found")
    never = refusal(person.get("/api/v1/obligations/999999"), 404, "not_found")
    assert told.replace(str(other), "N") == never.replace("999999", "N")


def test_a_filter_by_another_unit_finds_no_such_unit(office: Office) -> None:
    person = clerk(office)
    assert person.get("/api/v1/obligations?unit=finance").status_code == 200
    refusal(person.get("/api/v1/obligations?unit=statistics"), 404, "not_found")
    refusal(person.get("/api/v1/obligations?unit=gov-office"), 404, "not_found")


def test_pages_of_a_clerk_are_full_pages(office: Office) -> None:
    """The filter is in the query: no page is short because of what others have."""
    person, found, cursor = clerk(office), [], ""
    while cursor is not None:
        page = person.get(f"/api/v1/obligations?limit=5&cursor={cursor}".removesuffix("&cursor="))
        found.append([row["id"] for row in page.json()["items"]])
        cursor = page.json()["next"]
    assert all(len(page) == 5 for page in found[:-1])
    whole = person.get("/api/v1/obligations?limit=200").json()["items"]
    assert [id_ for page in found for id_ in page] == [row["id"] for row in whole]


def test_a_clerk_acts_on_what_is_his_and_on_nothing_else(office: Office) -> None:
    person, before = clerk(office), office.everything()
    rows = office.get("/obligations", status="open")["items"]
    own = next(row["id"] for row in rows if row["unit"] == "finance")
    other = next(row["id"] for row in rows if row["unit"] != "finance")
    body = {"type": "complete"}
    refusal(person.post(f"/api/v1/obligations/{other}/events", json=body), 404, "not_found")
    for unit in ("cyberspace", "all"):
        event = {"trigger": DISASTER, "unit": unit, "at": "2026-09-25T09:30"}
        refusal(person.post("/api/v1/events", json=event), 403, "forbidden")
    assert office.everything() == before
    done = person.post(f"/api/v1/obligations/{own}/events", json=body)
    assert (done.json()["status"], done.json()["closed_by"]) == ("done", "张三")


def test_a_clerk_does_not_move_what_was_entered_for_all(office: Office) -> None:
    office.disaster(unit="all")
    person = office.person(Role.CLERK, "cyberspace")
    row = person.get("/api/v1/obligations?due_from=2026-09-25&limit=1").json()["items"][0]
    body = {"type": "correct", "at": "2026-09-25T09:00", "reason": "时间记错"}
    answer = person.post(f"/api/v1/obligations/{row['id']}/events", json=body)
    assert "涉及全部单位" in refusal(answer, 403, "forbidden")
    page = f"/obligations/{row['id']}"
    assert "免除" in person.get(page).text
    assert "更正事由的时间" not in person.get(page).text
    assert "更正事由的时间" in office.client.get(page).text
    assert office.post(f"/obligations/{row['id']}/events", body).status_code == 200


def test_a_unit_sees_those_below_it(office: Office) -> None:
    whole = office.person(Role.READER, "gov-office", "top").get("/api/v1/units").json()["items"]
    assert len(whole) == len(office.agency.units)
    below = office.person(Role.READER, "finance", "leaf").get("/api/v1/units").json()["items"]
    assert [unit["id"] for unit in below] == ["finance"]
    gone = office.person(Role.READER, "was-removed", "gone")
    assert gone.get("/api/v1/units").json()["items"] == []
    assert gone.get("/api/v1/obligations").json()["items"] == []


def test_a_token_of_a_unit_sees_what_a_person_of_it_sees(office: Office) -> None:
    system = office.client_with(office.token("财政系统", Scope.ACT, "finance"))
    for path in ("units", "duties", "obligations?limit=200", "deliveries"):
        mine = system.get(f"/api/v1/{path}").json()["items"]
        assert mine == clerk_once(office).get(f"/api/v1/{path}").json()["items"]
    assert {row["unit"] for row in system.get("/api/v1/duties").json()["items"]} == {"finance"}


def clerk_once(office: Office) -> Client:
    with office.db.connect() as connection:
        number = connection.execute(text("SELECT count(*) FROM account")).scalar()
    return office.person(Role.CLERK, "finance", f"clerk{number}")


def test_messages_that_speak_of_other_units_are_not_shown(office: Office) -> None:
    office.at("2026-09-28 09:00").tick()
    person = clerk(office)
    rows = {row["id"]: row["unit"] for row in office.get("/obligations", limit=200)["items"]}
    shown = {row["id"] for row in person.get("/api/v1/deliveries?limit=200").json()["items"]}
    deliveries = office.get("/deliveries", limit=200)["items"]
    assert shown
    assert len(shown) < len(deliveries)
    for row in deliveries:
        units = {rows[alert["obligation"]] for alert in row["alerts"]}
        assert (row["id"] in shown) == (units == {"finance"})
        answer = person.get(f"/api/v1/deliveries/{row['id']}")
        assert answer.status_code == (200 if row["id"] in shown else 404)


def test_absences_and_silences_of_other_units_are_not_a_clerks(office: Office) -> None:
    person, rule = clerk(office), FINANCE
    rows = office.get("/obligations", status="open")["items"]
    other = next(row["id"] for row in rows if row["unit"] != "finance")
    own = next(row["id"] for row in rows if row["unit"] == "finance")
    away = {"from": "2026-09-28", "to": "2026-10-10"}
    units = office.agency.units
    theirs = next(unit for id_, unit in units.items() if unit.contacts and id_ != "finance")
    others = away | {"unit": theirs.id, "name": theirs.contacts[0].name}
    until = {"until": "2026-10-10", "reason": "机构合并"}
    assert office.post("/absences", others).status_code == 201
    for scope in ({"unit": "statistics"}, {"obligation": other}, {"rule": rule}):
        assert office.post("/silences", until | scope).status_code == 201
    before = office.everything()

    def post(path: str, body: Any) -> Any:
        return person.post(f"/api/v1{path}", json=body)

    assert person.get("/api/v1/absences").json()["items"] == []
    refusal(post("/absences", others), 403, "forbidden")
    refusal(post("/absences/1/cancel", {}), 403, "forbidden")
    shown = person.get("/api/v1/silences").json()["items"]
    assert [row["rule"] for row in shown] == [rule]
    for id_, scope in ((1, {"unit": "statistics"}), (3, {"rule": rule})):
        refusal(post("/silences", until | scope), 403, "forbidden")
        refusal(post(f"/silences/{id_}/end", {}), 403, "forbidden")
    refusal(post("/silences", until | {"obligation": other}), 404, "not_found")
    refusal(post("/silences/2/end", {}), 404, "not_found")
    assert office.everything() == before
    mine = units["finance"].contacts[0].name
    noted = post("/absences", away | {"unit": "finance", "name": mine})
    assert (noted.status_code, noted.json()["by"]) == (201, "张三")
    assert post(f"/absences/{noted.json()['id']}/cancel", {}).json()["cancelled_by"] == "张三"
    for scope in ({"unit": "finance"}, {"obligation": own}):
        made = post("/silences", until | scope)
        assert (made.status_code, made.json()["by"]) == (201, "张三")
        assert post(f"/silences/{made.json()['id']}/end", {}).json()["ended_by"] == "张三"


def test_an_office_of_one_unit_sends_again_what_is_its_own(office: Office) -> None:
    office.at("2026-09-28 09:00").tick()
    person = office.person(Role.OFFICE, "finance")
    whole, told = office.get("/deliveries", limit=200)["items"], {"reason": "没有看到"}
    mine = {row["id"] for row in person.get("/api/v1/deliveries?limit=200").json()["items"]}
    other = next(row["id"] for row in whole if row["id"] not in mine)
    refusal(person.post(f"/api/v1/deliveries/{other}/resend", json=told), 404, "not_found")
    again = person.post(f"/api/v1/deliveries/{min(mine)}/resend", json=told).json()
    shown = {row["id"] for row in person.get("/api/v1/deliveries?limit=200").json()["items"]}
    assert shown == mine | {again["id"]}
    with office.db.begin() as connection:
        connection.execute(text("UPDATE delivery SET state = 'rejected' WHERE resend_of IS NULL"))
    between = told | {"from": "2026-09-28", "to": "2026-09-28"}
    answer = person.post("/api/v1/deliveries/resend", json=between).json()
    passed = {id_ for skipped in answer["skipped"] for id_ in skipped["deliveries"]}
    assert {row["resend_of"] for row in answer["resent"]} | passed == mine


def test_the_page_shows_what_is_the_viewers(office: Office) -> None:
    html = clerk(office).get("/").text
    assert "广元市财政局" in html
    for name in ("广元市统计局", "广元市农业局", "广元市环境保护局"):
        assert name not in html
        assert name in office.client.get("/").text


def test_a_person_acts_in_his_own_name_and_a_system_says_for_whom(office: Office) -> None:
    person = clerk(office)
    rows = office.get("/obligations", status="open", unit="finance")["items"]
    ids = [row["id"] for row in rows]

    def done(client: Client, id_: int, **more: str) -> Any:
        path = f"/api/v1/obligations/{id_}/events"
        return client.post(path, json={"type": "complete", **more})

    assert "本人" in refusal(done(person, ids[0], by="李四"), 422, "invalid_request")
    assert done(person, ids[0], by="张三").json()["closed_by"] == "张三"
    assert done(person, ids[1]).json()["closed_by"] == "张三"
    assert done(office.client, ids[2]).json()["closed_by"] == "接口令牌：办公系统"
    answer = done(office.client, ids[3], by="李四").json()
    assert answer["journal"][-1]["by"] == "李四（接口令牌：办公系统）"


def test_a_form_of_another_site_changes_nothing(office: Office) -> None:
    person = clerk(office)
    id_ = office.get("/obligations", status="open", unit="finance")["items"][0]["id"]
    path, body = f"/api/v1/obligations/{id_}/events", json.dumps({"type": "complete"})
    cookie, token = person.headers["cookie"], person.headers["x-csrf-token"]
    before = office.everything()
    for more, code in (
        ({}, "stale_form"),
        ({"x-csrf-token": ""}, "stale_form"),
        ({"x-csrf-token": "0" * 64}, "stale_form"),
        ({"origin": "https://evil.example"}, "foreign_origin"),
        ({"origin": "null"}, "foreign_origin"),
        ({"origin": "https://evil.example", "x-csrf-token": token}, "foreign_origin"),
        ({"origin": "http://127.0.0.1:9", "x-csrf-token": token}, "foreign_origin"),
        ({"sec-fetch-site": "cross-site", "x-csrf-token": token}, "foreign_origin"),
    ):
        headers = {"cookie": cookie, "content-type": "application/json", **more}
        refusal(Client(office.app).post(path, content=body, headers=headers), 403, code)
    assert office.everything() == before
    assert (
        person.post(
            path, content=body, headers=headers | {"sec-fetch-site": "same-origin"}
        ).status_code
        == 200
    )


def test_a_filter_that_is_given_twice_is_refused(office: Office) -> None:
    answer = office.client.get("/api/v1/obligations?unit=finance&unit=statistics")
    assert "unit：写了不止一次" in refusal(answer, 422, "invalid_request")


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    office = Office(per_minute=5)
    other = office.client_with(office.token("另一个"))
    for _ in range(5):
        assert office.client.get("/api/v1/units").status_code == 200
    answer = office.client.get("/api/v1/units")
    assert "每分钟至多 5 次" in refusal(answer, 429, "too_many_requests")
    assert answer.headers["retry-after"] == "60"
    assert other.get("/api/v1/units").status_code == 200
    assert office.client.get("/healthz").status_code == 200
    office.at("2026-09-25 10:00:59")
    assert office.client.get("/api/v1/units").headers["retry-after"] == "1"
    assert office.at("2026-09-25 10:01").client.get("/api/v1/units").status_code == 200


def test_who_is_nobody_is_counted_by_his_address() -> None:
    office = Office(per_minute=3)
    nobody = Client(office.app)
    statuses = [nobody.get("/api/v1/units").status_code for _ in range(2)]
    guessing = office.client_with("qx_guess")
    statuses += [guessing.get("/api/v1/units").status_code for _ in range(2)]
    assert statuses == [401, 401, 401, 429]


def test_every_answer_tells_the_browser_to_trust_nothing_else(office: Office) -> None:
    for client in (office.client, Client(office.app)):
        for path in ("/", "/sign-in", "/api/v1/units", "/nope", "/static/qixian.css"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; style-src 'self'")
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert ("no-store" in headers.get("cache-control", "")) == ("static" not in path)


def test_health_and_assets_are_open_to_everybody(office: Office) -> None:
    for path in ("/healthz", "/static/qixian.css", "/static/qixian.svg"):
        answer = Client(office.app).get(path, headers={"host": "lb.example"})
        assert answer.status_code == 200


def test_the_service_is_ready_while_its_clock_moves(office: Office) -> None:
    refusal(office.client.get("/readyz"), 503, "clock_stopped")
    office.clock.last_tick = office.now
    ready = office.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert office.at("2026-09-25 10:05").client.get("/readyz").status_code == 200
    detail = refusal(office.at("2026-09-25 10:06").client.get("/readyz"), 503, "clock_stopped")
    assert "时钟" in detail


def test_the_service_is_not_ready_without_its_database(office: Office) -> None:
    office.clock.last_tick = office.now
    with office.db.begin() as connection:
        connection.exec_driver_sql("DROP TABLE slot")
    refusal(office.client.get("/readyz"), 503, "database_unavailable")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("GET", "/api/v1/nope", 404, "not_found"),
        ("GET", "/static/nope.css", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/redoc", 404, "not_found"),
        ("DELETE", "/api/v1/obligations", 405, "method_not_allowed"),
        ("POST", "/api/v1/seasons", 405, "method_not_allowed"),
        ("GET", "/api/v1/events", 405, "method_not_allowed"),
        ("POST", "/static/qixian.css", 405, "method_not_allowed"),
    ],
)
def test_a_wrong_address_or_method_is_a_problem_document(
    office: Office, method: str, path: str, status: int, code: str
) -> None:
    refusal(office.client.request(method, path), status, code)
