"""文件 and 建议 over HTTP: a text comes in, a person decides, and only then there is a rule."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office import Office, refusal

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


def test_an_accepted_rule_is_a_rule_and_who_and_when_is_known(office: Office) -> None:
    load(office)
    (first, *_) = proposals(office)
    seen = decide(office, first["id"], "accept", dry_run=True)
    assert (seen["decision"], seen["impact"]["added"]) == ("open", 0)
    done = decide(office, first["id"], "accept")
    assert (done["decision"], done["decided_by"]) == ("accepted", "王莉")
    assert done["decided_at"] == "2026-09-25T10:00:00+08:00"
    assert [(e["kind"], e["by"]) for e in done["journal"]] == [("accept", "王莉")]
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
    ({"name": "要点.txt"}, 422, "invalid_request", "编号"),
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
