"""口径 over HTTP: the office decides how a rule is read; dates come, move and go with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from office import AGENCY, CONFIGURATION, LOCAL, Office, refusal, through

from api.configuration import decided_in, load_configuration
from engine.accounts import Role
from engine.current_agency import CurrentAgency
from engine.database import open_database, reading
from engine.interpretations import set_aside, stored_interpretations
from engine.schema import migrate
from engine.verification import faults

WATER = "guangyuan-2017-43"  # 定期公布水环境质量: the environment bureau owes it, and it waits
MONTHLY = "guangyuan-2017-02"  # 按月公开财政收支
CONFIGURED = "guangyuan-2017-27"
WISH: dict[str, Any] = {
    "reading": "P1M;after=15D",
    "decided_by": "市政府信息公开办公室",
    "decided_on": "2026-09-24",
    "reason": "监测数据次月上旬才能汇总",
}


def decide(office: Office, rule: str = WATER, **more: Any) -> Any:
    return office.post(f"/rules/{rule}/interpretation", WISH | more)


def withdraw(office: Office, rule: str = WATER, **more: Any) -> Any:
    return office.post(f"/rules/{rule}/interpretation/withdraw", {"reason": "另有规定", **more})


def owed(office: Office, rule: str = WATER) -> list[Any]:
    return [row for row in office.everything()["obligation"] if row.rule == rule]


def test_a_preview_changes_nothing_and_says_what_would_come(office: Office) -> None:
    before = office.everything()
    answer = decide(office)
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["applied"], seen["waits"]) == (False, False)
    assert seen["reading"] == "每月一次，次月15日前（口径）"
    assert seen["impact"]["added"] > 12
    assert seen["impact"]["first"][0]["new_due_on"] == "2026-01-15"
    assert office.everything() == before


def test_what_is_decided_is_done_as_it_was_foreseen_and_told_by_whom(office: Office) -> None:
    seen = decide(office, by="王莉").json()
    done = decide(office, by="王莉", apply=True)
    assert done.status_code == 201
    assert done.json()["impact"] == seen["impact"]
    rows = owed(office)
    assert len(rows) == seen["impact"]["added"]
    assert {row.reading for row in rows} == {"每月一次，次月15日前（口径）"}
    steps = office.get(f"/obligations/{rows[-1].id}/explanation")["trace"]
    assert "口径（市政府信息公开办公室，2026-09-24）" in {step["basis"] for step in steps}
    told = office.get(f"/rules/{WATER}/interpretations")
    assert (told["waits"], told["configured"]) == (False, None)
    (row,) = told["items"]
    assert (row["reading"], row["by"]) == ("P1M;after=15D", through("王莉"))
    (line,) = office.everything()["journal"]
    assert (line.rule, line.kind, line.by) == (WATER, "interpret", through("王莉"))
    assert "P1M;after=15D" in line.text
    with reading(office.db) as session:
        assert list(faults(session)) == []


def test_a_stricter_reading_moves_what_is_open_and_its_owners_are_told(office: Office) -> None:
    done = decide(office, MONTHLY, reading="P1M;day=20", apply=True).json()
    moved = {one["obligation"]: one["new_due_on"] for one in done["impact"]["moved"]}
    assert moved
    rows = {row.id: row for row in owed(office, MONTHLY)}
    assert {id_: rows[id_].due_on for id_ in moved} == moved
    office.at("2026-09-28 09:00").tick()
    bodies = "\n".join(row.body for row in office.everything()["delivery"])
    assert "到期日由2026-10-31改为2026-10-20" in bodies


def test_a_withdrawal_takes_back_what_is_ahead_and_a_later_decision_brings_it_again(
    office: Office,
) -> None:
    decide(office, apply=True)
    before = office.everything()
    seen = withdraw(office)
    assert (seen.status_code, seen.json()["waits"]) == (200, True)
    assert office.everything() == before
    done = withdraw(office, by="王莉", apply=True)
    assert done.status_code == 201
    ahead = [row for row in owed(office) if row.due_on > "2026-09-25"]
    assert {row.status for row in ahead} == {"waived"}
    history = office.get(f"/rules/{WATER}/interpretations")["items"]
    assert [row["reading"] for row in history] == ["P1M;after=15D", None]
    refusal(withdraw(office), 404, "not_found")
    again = decide(office, apply=True).json()
    assert len(again["impact"]["reopened"]) == len(ahead)
    assert again["impact"]["added"] == 0


REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    (WATER, {"reading": "每月"}, 409, "not_allowed", "写法不对"),
    (MONTHLY, {"reading": "P3M"}, 409, "not_allowed", "超出了原文"),
    (CONFIGURED, {}, 409, "not_allowed", "配置文件 config.example.toml 的 [[interpretation]]"),
    ("nobody-01", {}, 404, "not_found", "没有规则"),
    (WATER, {"decided_on": "2026-09-26"}, 409, "not_allowed", "晚于今天"),
    (WATER, {"decided_on": "2026-02-30"}, 422, "invalid_request", "不是日期"),
    (WATER, {"reason": ""}, 422, "invalid_request", "reason"),
    (WATER, {"decided_by": "甲\u202e乙"}, 422, "invalid_request", "decided_by"),
    (WATER, {"unit": "finance"}, 422, "invalid_request", "unit"),
]


@pytest.mark.parametrize(("rule", "more", "status", "code", "words"), REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(
    office: Office, rule: str, more: dict[str, Any], status: int, code: str, words: str
) -> None:
    before = office.everything()
    assert words in refusal(decide(office, rule, apply=True, **more), status, code)
    assert office.everything() == before


def test_the_same_decision_twice_and_a_withdrawal_of_the_files_are_refused(office: Office) -> None:
    decide(office, apply=True)
    assert "没有变动" in refusal(decide(office, apply=True), 409, "not_allowed")
    detail = refusal(withdraw(office, CONFIGURED, apply=True), 409, "not_allowed")
    assert "config.example.toml" in detail


@pytest.mark.parametrize("read", ["", "/interpretations"])
def test_a_decision_over_what_has_changed_meanwhile_is_refused(office: Office, read: str) -> None:
    """By the tag of the rule or of its interpretations; what is only tried is compared too."""

    def tag() -> str:
        answer = office.client.get(f"/api/v1/rules/{WATER}{read}")
        known = str(answer.headers["etag"])
        again = office.client.get(f"/api/v1/rules/{WATER}{read}", headers={"if-none-match": known})
        assert again.status_code == 304
        return known

    def ask(verb: str, body: Any, known: str) -> Any:
        path = f"/api/v1/rules/{WATER}/interpretation{verb}"
        return office.client.post(path, json=body, headers={"if-match": known})

    decided, withdrawn = WISH | {"apply": True}, {"reason": "另有规定", "apply": True}
    first = tag()
    assert ask("", decided, first).status_code == 201
    before = office.everything()
    for verb, body in (("", decided | {"reading": "P1M"}), ("", WISH), ("/withdraw", withdrawn)):
        refusal(ask(verb, body, first), 412, "precondition_failed")
    assert office.everything() == before
    second = tag()
    assert ask("/withdraw", withdrawn, second).status_code == 201
    refusal(ask("", decided, second), 412, "precondition_failed")
    assert ask("", decided, tag()).status_code == 201


def test_who_sees_only_some_units_does_not_decide_for_all(office: Office) -> None:
    person = office.person(Role.OFFICE, "environment")
    answer = person.post(f"/api/v1/rules/{WATER}/interpretation", json=WISH)
    assert "不限单位" in refusal(answer, 403, "forbidden")


def test_another_process_hears_of_it_and_a_restart_keeps_it(office: Office) -> None:
    other = CurrentAgency(office.db, AGENCY, CONFIGURATION.files)
    assert other.agency().readings[WATER].term is None
    decide(office, apply=True)
    assert other.agency().readings[WATER].term is not None
    withdraw(office, apply=True)
    assert other.agency().readings[WATER].term is None


def test_what_the_configuration_says_later_stands_above_and_the_doctor_names_it(
    office: Office,
) -> None:
    decide(office, apply=True)
    with reading(office.db) as session:
        stored = stored_interpretations(session)
    own = replace(AGENCY.interpretations[CONFIGURED], rule=WATER, reading="P3M", file="own.toml")
    configured = replace(AGENCY, interpretations={**AGENCY.interpretations, WATER: own})
    agency = CurrentAgency(office.db, configured, CONFIGURATION.files).agency()
    assert agency.interpretations[WATER] == own
    ((rule, why),) = set_aside(agency, stored)
    assert rule == WATER
    assert "以配置文件 own.toml 的 [[interpretation]]为准" in why
    gone = replace(stored[0], rule="gone-01")
    assert "已不在目录中" in dict(set_aside(agency, [gone]))["gone-01"]


def test_a_reading_that_fits_no_more_is_set_aside_and_the_daemon_goes_on(office: Office) -> None:
    decide(office, MONTHLY, reading="P1M;day=20", apply=True)
    with office.db.begin() as connection:  # as a catalogue file that was rewritten would do
        connection.exec_driver_sql("UPDATE interpretation SET reading = 'P6M'")
    current = CurrentAgency(office.db, AGENCY, CONFIGURATION.files)
    agency = current.agency()
    assert MONTHLY not in agency.interpretations
    with reading(office.db) as session:
        ((_, why),) = set_aside(agency, stored_interpretations(session))
    assert "超出了原文" in why
    office.current._last = (None, AGENCY)
    assert withdraw(office, MONTHLY, apply=True).status_code == 201


def test_a_proposal_that_would_leave_a_reading_without_ground_is_refused(office: Office) -> None:
    text = "某市2026年政务公开工作要点\n市财政局要定期公开财政收支情况。\n"
    office.post("/documents", {"name": "work-2026.txt", "text": text})
    assert office.post("/proposals/1/accept", {}).status_code == 200
    assert decide(office, "work-2026-01", apply=True).status_code == 201
    detail = refusal(office.post("/proposals/1/dismiss", {"reason": "读错"}), 409, "not_allowed")
    assert "work-2026-01" in detail
    withdraw(office, "work-2026-01", apply=True)
    assert office.post("/proposals/1/dismiss", {"reason": "读错"}).status_code == 200


def test_the_command_line_reads_what_was_decided(tmp_path: Path) -> None:
    """A season that only a stored reading names does not keep the configuration from loading."""
    example = Path(__file__).parents[2] / "config.example.toml"
    file = tmp_path / "config.toml"
    season = '[[season]]\nname = "旅游旺季"\nfrom = 2026-04-01\nuntil = 2026-10-31\n'
    file.write_text(f"{example.read_text(encoding='utf-8')}\n", encoding="utf-8")
    db = open_database(load_configuration(file).database_url)
    migrate(db)
    at = "2026-09-25 02:00:00.000000"
    with db.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO interpretation (rule, reading, decided_by, decided_on, reason, at, by) "
            f"VALUES ('{WATER}', 'P1M;season=旅游旺季', '办公室', '2026-09-24', '无', '{at}', '王莉')"
        )
    db.dispose()
    agency = load_configuration(file, decided_in).agency
    assert agency.interpretations[WATER].reading == "P1M;season=旅游旺季"
    assert agency.interpretations[CONFIGURED].file == "config.toml"
    assert agency.readings[WATER].term is None
    file.write_text(f"{example.read_text(encoding='utf-8')}\n{season}", encoding="utf-8")
    assert load_configuration(file, decided_in).agency.readings[WATER].term is not None


def test_a_wrong_address_is_no_rule(office: Office) -> None:
    refusal(office.client.get("/api/v1/rules/none/interpretations"), 404, "not_found")
    assert office.client.get(f"{LOCAL}/api/v1/rules/{WATER}/interpretations").status_code == 200
