"""文件 and 建议 over HTTP: a text comes in, a person decides, and only then there is a rule."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office import Office, refusal, through

from rules.catalogue_files import read_catalogue_file

TEXT = """某市2026年政务公开工作要点
市财政局要按月公开财政收支情况。
各部门要在2026年9月底前编制完成主动公开基本目录，着力提高公开的及时性。
收到信息公开申请之日起20个工作日内予以答复。
"""
PAPER: dict[str, Any] = {"name": "work-2026.txt", "text": TEXT, "by": "王莉"}


def load(office: Office, **more: Any) -> Any:
    answer = office.post("/documents", PAPER | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def decide(office: Office, id_: int, verb: str, **body: Any) -> Any:
    answer = office.post(f"/proposals/{id_}/{verb}", {"by": "王莉", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def proposals(office: Office) -> list[Any]:
    found: list[Any] = office.get("/proposals", document="work-2026")["items"]
    return found


def rule_ids(office: Office) -> list[str]:
    return [r["id"] for r in office.get("/rules")["items"] if r["document"] == "work-2026"]


def test_a_loaded_text_is_a_document_with_proposals_and_no_rule(office: Office) -> None:
    before = office.everything()
    loaded = load(office)
    assert (loaded["stored"], loaded["version"], loaded["hits"]) == (True, 1, 4)
    (paper,) = [d for d in office.get("/documents")["items"] if d["id"] == "work-2026"]
    assert (paper["title"], paper["year"]) == ("某市2026年政务公开工作要点", 2026)
    assert paper["texts"][0]["sha256"] == loaded["sha256"]
    rows = proposals(office)
    assert [(r["rule"], r["entry"]["kind"], r["entry"]["value"]) for r in rows] == [
        ("work-2026-01", "periodic", "P1M"),
        ("work-2026-02", "fixed_deadline", "2026-09-30"),
        ("work-2026-03", "vague_prompt", ""),
        ("work-2026-04", "after_event", "20WD"),
    ]
    assert {r["decision"] for r in rows} == {"open"}
    assert rule_ids(office) == []
    office.tick()
    after = office.everything()
    assert [table for table in after if after[table] != before[table]] == [
        "loaded_text",
        "proposal",
    ]


def test_the_same_text_again_changes_nothing(office: Office) -> None:
    load(office)
    before = office.everything()
    again = office.post("/documents", PAPER)
    assert (again.status_code, again.json()["new"]) == (200, False)
    assert len(again.json()["proposals"]) == 4
    assert office.everything() == before


def test_every_phrase_says_how_it_stands(office: Office) -> None:
    load(office)
    monthly, _, prompt, _ = [row["id"] for row in proposals(office)]
    decide(office, monthly, "accept")
    decide(office, prompt, "dismiss", reason="质量目标")
    found = office.get("/documents/work-2026/phrases")
    assert (found["hits"], found["covered"], found["dismissed"], found["open"]) == (4, 1, 1, 2)
    by = [(one["time_phrase"], one["standing"], one["by"]) for one in found["items"][:3]]
    assert by[0] == ("按月", "covered", ["work-2026-01"])
    assert by[2] == ("及时性", "dismissed", ["质量目标"])
    for one in found["items"]:
        assert TEXT[one["start"] : one["end"]] == one["time_phrase"]
    assert [one["proposal"] for one in found["items"]] == [row["id"] for row in proposals(office)]


def test_the_phrases_come_in_pages_whose_counts_are_of_the_whole_text(office: Office) -> None:
    load(office)
    whole = office.get("/documents/work-2026/phrases")
    assert whole["next"] is None
    items: list[Any] = []
    asked: dict[str, int] = {}
    while True:
        page = office.get("/documents/work-2026/phrases", limit=3, **asked)
        assert (page["hits"], page["open"]) == (4, 4)
        items += page["items"]
        if page["next"] is None:
            break
        assert len(page["items"]) == 3
        asked = {"cursor": page["next"]}
    assert items == whole["items"]
    beyond = office.get("/documents/work-2026/phrases", cursor=2**63 - 1)
    assert (beyond["items"], beyond["next"]) == ([], None)
    for wrong in ({"limit": 201}, {"limit": 0}, {"cursor": "x"}):
        answer = office.client.get("/api/v1/documents/work-2026/phrases", params=wrong)
        refusal(answer, 422, "invalid_request")


def test_an_accepted_rule_is_a_rule_and_who_and_when_is_known(office: Office) -> None:
    load(office)
    (first, *_) = proposals(office)
    seen = decide(office, first["id"], "accept", dry_run=True)
    assert (seen["decision"], seen["impact"]["added"]) == ("open", 0)
    done = decide(office, first["id"], "accept")
    assert (done["decision"], done["decided_by"]) == ("accepted", through("王莉"))
    assert done["decided_at"] == "2026-09-25T10:00:00+08:00"
    assert [(e["kind"], e["by"]) for e in done["journal"]] == [("accept", through("王莉"))]
    assert rule_ids(office) == ["work-2026-01"]
    refusal(office.post(f"/proposals/{first['id']}/accept", {"by": "王莉"}), 409, "not_allowed")


def test_an_edited_proposal_is_accepted_as_edited(office: Office) -> None:
    load(office)
    (first, *_) = proposals(office)
    edited = decide(office, first["id"], "edit", value="P1M;after=10WD", holders=["市财政局"])
    assert edited["entry"]["value"] == "P1M;after=10WD"
    assert edited["decision"] == "open"
    assert "value" in edited["journal"][0]["text"]
    decide(office, first["id"], "accept")
    (rule,) = [r for r in office.get("/rules")["items"] if r["id"] == "work-2026-01"]
    assert (rule["value"], rule["holders"]) == ("P1M;after=10WD", ["市财政局"])
    decide(office, first["id"], "edit", value="P1M;after=5WD")
    (rule,) = [r for r in office.get("/rules")["items"] if r["id"] == "work-2026-01"]
    assert rule["value"] == "P1M;after=5WD"
    decide(office, first["id"], "dismiss", reason="读错了")
    assert rule_ids(office) == []


REFUSED_EDITS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "sometimes"}, "不认识的类型"),
    ({"value": "P1X"}, "不是时间量"),
    ({"quote": "按月公开预算"}, "不在正文中"),
    ({"quote": None}, "quote"),
    ({"kind": None}, "kind"),
    ({"hard": True, "kind": "vague_prompt", "value": ""}, "hard"),
    ({"same_as": ["work-2026-99"]}, ""),
    ({"from": "2026-02-30"}, "不是日期"),
    ({"share": "all"}, "share"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED_EDITS)
def test_an_edit_that_is_no_rule_is_refused_and_changes_nothing(
    office: Office, change: dict[str, Any], words: str
) -> None:
    load(office)
    (first, *_) = proposals(office)
    decide(office, first["id"], "accept")
    before = office.everything()
    answer = office.post(f"/proposals/{first['id']}/edit", {"by": "王莉", **change})
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert office.everything() == before


def test_what_is_accepted_is_exported_and_read_again(office: Office, tmp_path: Any) -> None:
    load(office)
    for row in proposals(office)[:2]:
        decide(office, row["id"], "accept")
    decide(office, proposals(office)[2]["id"], "dismiss", reason="质量目标")
    exported = office.client.get("/api/v1/documents/work-2026/catalogue")
    assert exported.headers["content-type"] == "application/toml"
    file = tmp_path / "work-2026.toml"
    file.write_text(exported.text, encoding="utf-8")
    read = read_catalogue_file(file)
    catalogue = office.agency.catalogue
    assert read.document == catalogue.documents["work-2026"]
    assert list(read.rules) == [r for r in catalogue.rules.values() if r.document == read.document]
    assert len(read.rules) == 2
    assert [one.reason for one in read.dismissed] == ["质量目标"]


REFUSED_TEXTS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"text": None}, 422, "invalid_request", "text 和 content"),
    ({"content": "AAAA"}, 422, "invalid_request", "text 和 content"),
    ({"text": None, "content": "!!"}, 422, "invalid_request", "base64"),
    ({"name": "要点.txt", "text": "按月公开。"}, 422, "invalid_request", "编号"),
    ({"id": "工作要点"}, 422, "rule_refused", "小写字母"),
    ({"text": "按月公开。"}, 409, "not_allowed", "标题"),
    ({"from": "明天"}, 422, "invalid_request", "不是日期"),
    (
        {"name": "x.exe", "text": None, "content": b64encode(b"MZ").decode()},
        422,
        "invalid_request",
        "x.exe",
    ),
]


@pytest.mark.parametrize(("change", "status", "code", "words"), REFUSED_TEXTS)
def test_a_text_that_cannot_be_loaded_is_refused_and_changes_nothing(
    office: Office, change: dict[str, Any], status: int, code: str, words: str
) -> None:
    before = office.everything()
    body = {key: value for key, value in (PAPER | change).items() if value is not None}
    assert words in refusal(office.post("/documents", body), status, code)
    assert office.everything() == before


def test_a_file_may_come_as_it_is(office: Office) -> None:
    content = b64encode(TEXT.encode("gb18030")).decode()
    body = {"name": "work-2026.txt", "content": content}
    assert office.post("/documents", body).json()["hits"] == 4
    assert office.get("/documents/work-2026/text")["content"] == TEXT


def test_what_is_not_there_is_not_found(office: Office) -> None:
    for path in (
        "/documents/x",
        "/documents/gbf-2017-24/text",
        "/documents/x/phrases",
        "/proposals/1",
    ):
        assert office.client.get(f"/api/v1{path}").json()["code"] == "not_found"
    for verb, body in (("accept", {}), ("edit", {}), ("dismiss", {"reason": "x"})):
        refusal(office.post(f"/proposals/9/{verb}", {"by": "王莉", **body}), 404, "not_found")
    refusal(office.post("/proposals/9/dismiss", {"by": "王莉"}), 422, "invalid_request")


def test_proposals_come_in_pages(office: Office) -> None:
    load(office)
    seen: list[str] = []
    cursor = 0
    while cursor is not None:
        page = office.get("/proposals", limit=3, cursor=cursor)
        seen += [row["rule"] for row in page["items"]]
        cursor = page["next"]
    assert seen == [f"work-2026-0{number}" for number in range(1, 5)]
    assert office.get("/proposals", decision="accepted")["items"] == []
    assert json.dumps(page)


def test_a_body_without_bounds_is_refused(office: Office) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 1024 * 1024

    headers = {"content-type": "application/json"}
    for body in (b" " * (28 * 1024 * 1024 + 1), parts()):
        answer = office.client.post("/api/v1/documents", content=body, headers=headers)
        assert "28 MB" in refusal(answer, 413, "too_large")


TWO_IN_ONE = """关于信息报告的通知
突发事件信息应在事发后1小时内电话报告、3小时内书面报告。
市统计局要每月通报、每季度评估。
"""


def standing(office: Office) -> dict[str, str]:
    items = office.get("/documents/work-2026/phrases")["items"]
    return {one["time_phrase"]: one["standing"] for one in items}


def test_one_decision_settles_one_requirement_of_its_sentence(office: Office) -> None:
    load(office, text=TWO_IN_ONE)
    rows = {row["time_phrase"]: row["id"] for row in proposals(office)}
    hour, month = (next(k for k in rows if word in k) for word in ("1小时", "每月"))
    decide(office, rows[hour], "accept")
    decide(office, rows[month], "dismiss", reason="不是本单位的事")
    found = standing(office)
    assert (found[hour], found[month]) == ("covered", "dismissed")
    assert [found[phrase] for phrase in rows if phrase not in (hour, month)] == ["open", "open"]


def test_what_a_person_edited_goes_over_to_the_next_text(office: Office) -> None:
    load(office)
    (first, *_) = proposals(office)
    decide(office, first["id"], "edit", value="P1M;after=10WD", note="与财政局商定")
    load(office, text=TEXT + "市统计局要每周发布物价信息。\n")
    rows = [row for row in proposals(office) if row["decision"] == "open"]
    assert [row["value"] for row in rows] == ["P1M;after=10WD", "2026-09-30", "", "20WD", "P1W"]
    assert rows[0]["entry"]["note"] == "与财政局商定"
    entries = office.get(f"/proposals/{first['id']}")["journal"]
    assert [entry["kind"] for entry in entries] == ["edit", "supersede"]
    assert "value 由“P1M”改为“P1M;after=10WD”" in entries[0]["text"]


CHANGED = TEXT.replace("按月", "按季度")


def change(office: Office) -> Any:
    """Of a text whose first rule was accepted, the later one that changes it; its proposal."""
    load(office)
    decide(office, proposals(office)[0]["id"], "accept")
    load(office, text=CHANGED, apply=True, **{"from": "2026-12-01"})
    (row,) = [row for row in proposals(office) if row["change"] == "changed"]
    return row


def test_the_old_wording_ends_on_the_day_before_the_new_one_begins(office: Office) -> None:
    row = change(office)
    assert (row["replaces"], row["ends_on"]) == ("work-2026-01", "2026-11-30")
    edited = decide(office, row["id"], "edit", **{"from": "2027-01-01"})
    assert edited["ends_on"] == "2026-12-31"
    assert "from" in refusal(
        office.post(f"/proposals/{row['id']}/edit", {"by": "王莉", "from": None}),
        422,
        "rule_refused",
    )
    decide(office, row["id"], "accept")
    rules = {rule["id"]: rule for rule in office.get("/rules")["items"]}
    assert rules["work-2026-01"]["until"] == "2026-12-31"
    assert rules[row["rule"]]["from"] == "2027-01-01"


def test_going_back_to_the_first_text_proposes_its_rules_again(office: Office) -> None:
    decide(office, change(office)["id"], "accept")
    assert standing(office)["按季度"] == "covered"
    answer = office.post("/documents", PAPER | {"apply": True, "from": "2027-03-01"})
    assert answer.status_code == 201
    assert standing(office)["按月"] == "open"
    (again,) = [r for r in proposals(office) if r["decision"] == "open" and r["value"] == "P1M"]
    assert (again["change"], again["ends_on"]) == ("changed", "2027-02-28")


def test_a_rule_that_a_person_keeps_is_not_missed_in_the_text(office: Office) -> None:
    row = change(office)
    before = office.post("/documents", PAPER | {"text": CHANGED}).json()
    assert before["missing"]
    decide(office, row["id"], "dismiss", reason="与发文机关核对过，仍按月")
    after = office.post("/documents", PAPER | {"text": CHANGED}).json()
    assert after["missing"] == []
    assert "work-2026-01" in rule_ids(office)


def test_a_change_cannot_begin_before_its_document(office: Office) -> None:
    body = PAPER | {"id": "gbf-2017-24", "apply": True, "from": "1900-01-01"}
    before = office.everything()
    assert "应晚于原文件的 2017-03-09" in refusal(
        office.post("/documents", body), 409, "not_allowed"
    )
    body = PAPER | {"from": "2026-10-01"}
    assert "不需要写起算日（from）" in refusal(office.post("/documents", body), 409, "not_allowed")
    assert office.everything() == before


@pytest.mark.parametrize("quote", ["按", "月公开"])
def test_a_quote_holds_its_time_phrase(office: Office, quote: str) -> None:
    load(office)
    (first, *_) = proposals(office)
    body = {"by": "王莉", "quote": quote}
    assert "按月" in refusal(
        office.post(f"/proposals/{first['id']}/edit", body), 422, "rule_refused"
    )


@pytest.mark.parametrize(
    "change", [{"text": "按月\ud800"}, {"text": None, "content": "中文"}, {"id": "-"}]
)
def test_odd_characters_are_refused(office: Office, change: dict[str, Any]) -> None:
    body = {key: value for key, value in (PAPER | change).items() if value is not None}
    answer = office.post("/documents", body)
    assert answer.status_code == 422, answer.text
