"""计时 over HTTP: restart, exclude, extend and correct, as worked in the regulation's vectors."""

from dataclasses import replace
from typing import Any

import pytest
from office import AGENCY, Office, refusal, through

from engine.duties import Duty
from tests.builders import day

REPLY = "zfxxgk-tiaoli-2019-33-reply"
RECEIVED = "收到申请"
DUTIES = [Duty(rule, "finance", day("2019-05-15")) for rule in (REPLY, "zfxxgk-tiaoli-2019-30")]
OFFICE = replace(AGENCY, duties={**AGENCY.duties, **{duty.key: duty for duty in DUTIES}})


@pytest.fixture
def office() -> Office:
    return Office(empty=True, configured=OFFICE).at("2026-06-30 10:00")


def receive(office: Office, at: str = "2026-03-02", reference: str = "12号") -> dict[str, Any]:
    """The row of the reply to an application; the one of the 补正 limit begins with it."""
    body = {"trigger": RECEIVED, "unit": "finance", "at": at, "reference": reference}
    rows = office.post("/events", body).json()["obligations"]
    row: dict[str, Any] = next(row for row in rows if row["rule"] == REPLY)
    return row


def enter(office: Office, id_: int, **body: Any) -> Any:
    return office.post(f"/obligations/{id_}/events", {"by": "张三", **body})


RESTART = {"type": "restart", "at": "2026-03-18"}
EXCLUDE = {"type": "exclude", "from": "2026-03-06", "to": "2026-03-18"}
EXTEND = {"type": "extend", "amount": "20WD", "approver": "李主任", "at": "2026-03-20"}


def test_without_a_change_the_reply_is_due_after_twenty_working_days(office: Office) -> None:
    row = receive(office)
    assert row["due_on"] == "2026-03-30"
    assert office.get(f"/obligations/{row['id']}")["clock"] == []


@pytest.mark.parametrize(
    ("body", "due_on", "told"),
    [
        (RESTART, "2026-04-16", "自2026-03-18起重新起算：收到补正的申请（"),
        (
            EXCLUDE,
            "2026-04-10",
            "2026-03-06之后至2026-03-18不计入期限：征求第三方和其他机关意见（",
        ),
        (
            EXTEND,
            "2026-04-28",
            "经李主任于2026-03-20批准，延期20个工作日：需要延长答复期限（",
        ),
    ],
)
def test_the_vectors(office: Office, body: dict[str, Any], due_on: str, told: str) -> None:
    id_ = receive(office)["id"]
    answer = enter(office, id_, **body)
    assert answer.status_code == 200, answer.text
    row = answer.json()
    assert (row["due_on"], row["act_by"], row["status"]) == (due_on, due_on, "open")
    created, entry, moved = row["journal"]
    assert (created["kind"], entry["kind"], moved["kind"]) == ("created", body["type"], "moved")
    assert (entry["by"], entry["at"]) == (through("张三"), "2026-06-30T10:00:00+08:00")
    assert entry["text"].startswith(
        f"{told}《中华人民共和国政府信息公开条例》国务院令第711号第三十"
    )
    assert moved["text"].startswith(f"到期日由2026-03-30改为{due_on}")
    whole = office.get(f"/obligations/{id_}")
    assert whole["due_on"] == due_on
    assert whole["clock"] == row["clock"]
    assert whole["trace"][-1]["date"] == due_on
    assert office.get(f"/obligations/{id_}/explanation")["trace"] == whole["trace"]


def test_an_entry_is_shown_with_its_times_and_its_clause(office: Office) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **EXTEND, reason="材料较多")
    (_, excluded) = enter(office, id_, **EXCLUDE).json()["clock"]
    (extended, _) = office.get(f"/obligations/{id_}")["clock"]
    assert excluded == {
        "id": 2,
        "type": "exclude",
        "at": None,
        "from": "2026-03-06",
        "to": "2026-03-18",
        "amount": None,
        "approver": None,
        "clause": "zfxxgk-tiaoli-2019-33-opinions",
        "reason": None,
        "corrects": None,
        "by": through("张三"),
        "recorded_at": "2026-06-30T10:00:00+08:00",
    }
    assert (extended["at"], extended["from"], extended["amount"]) == ("2026-03-20", None, "20WD")
    assert (extended["approver"], extended["reason"]) == ("李主任", "材料较多")


def test_only_the_obligation_that_is_named_moves(office: Office) -> None:
    first, second = receive(office), receive(office, reference="13号")
    enter(office, first["id"], **RESTART)
    assert office.get(f"/obligations/{second['id']}")["due_on"] == "2026-03-30"
    others = [row for row in office.get("/obligations")["items"] if row["rule"] != REPLY]
    assert {row["due_on"] for row in others} == {"2026-03-11"}


def test_the_order_of_entry_does_not_matter(office: Office) -> None:
    entries = [EXCLUDE, EXTEND, {"type": "restart", "at": "2026-03-25"}]
    found = set()
    for reference, order in enumerate((entries, entries[::-1], entries[1:] + entries[:1])):
        id_ = receive(office, reference=f"{reference}号")["id"]
        rows = [enter(office, id_, **body).json() for body in order]
        found.add(rows[-1]["due_on"])
    assert found == {"2026-04-23"}


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (EXTEND | {"amount": "21WD"}, 409, "超过上限：第三十三条"),
        (EXTEND | {"approver": ""}, 409, "写明批准人"),
        (EXTEND | {"approver": "  "}, 409, "写明批准人"),
        (EXTEND | {"at": "2026-03-31"}, 409, "才批准的延期不能计入"),
        (EXTEND | {"amount": "P20D"}, 409, "请写作 20WD 之类"),
        (EXTEND | {"at": "2026-07-01"}, 409, "尚未到来"),
        (EXTEND | {"at": "2026-02-27"}, 409, "早于起算事由的时间"),
        (EXTEND | {"clause": "nope"}, 409, "可用的：zfxxgk-tiaoli-2019-33-extension、"),
        (EXCLUDE | {"clause": "zfxxgk-tiaoli-2019-33-extension"}, 409, "不计入期限条款"),
        (EXCLUDE | {"to": "2026-03-05"}, 409, "结束早于开始"),
        (EXCLUDE | {"to": "2026-03-06"}, 409, "没有扣除任何一天：从 from 的次日算到 to 当日"),
        (EXCLUDE | {"from": "2026-03-06T09:00", "to": "2026-03-06T17:00"}, 409, "没有扣除任何一天"),
        (EXCLUDE | {"to": "2026-03-08"}, 409, "2026-03-06至2026-03-08不计入期限的时间其间没有工作日，期限不变，不必登记"),
        (EXCLUDE | {"to": "2026-07-01"}, 409, "尚未到来"),
        (EXCLUDE | {"to": "2026-03-18T09:00"}, 409, "同为日期，或者同为时刻"),
        (EXCLUDE | {"from": "2026-03-31", "to": "2026-04-08"}, 409, "不能再扣除"),
        (RESTART | {"at": "2026-03-01"}, 409, "早于起算事由的时间"),
        (RESTART | {"at": "2026-06-30T10:01"}, 409, "尚未到来"),
        ({"type": "correct", "reason": "笔误", "at": "2026-07-01"}, 409, "不能晚于现在"),
        ({"type": "correct", "reason": "笔误", "at": "2019-05-14"}, 409, "2019-05-14不适用"),
        ({"type": "restart"}, 422, "at：请写明"),
        ({"type": "exclude", "from": "2026-03-06"}, 422, "to：请写明"),
        ({"type": "exclude", "at": "2026-03-06", "to": "2026-03-07"}, 422, "at：exclude 没有这一项"),
        ({"type": "extend", "approver": "李主任", "at": "2026-03-20"}, 422, "amount：请写明"),
        (EXTEND | {"amount": "20"}, 422, "不是时间量"),
        (EXTEND | {"at": "2026-02-30"}, 422, "at “2026-02-30”不是日期"),
        (EXTEND | {"at": "1999-01-01"}, 422, "超出工作日历"),
        ({"type": "correct", "at": "2026-03-03"}, 422, "须写明理由"),
        ({"type": "correct", "reason": "笔误"}, 422, "at：请写明"),
        ({"type": "correct", "reason": "笔误", "entry": 0}, 422, "entry"),
        ({"type": "correct", "reason": "笔误", "entry": 9, "at": "2026-03-03"}, 404, "没有编号为 9"),
        ({"type": "correct", "reason": "笔误", "entry": 9}, 422, "正确的时间"),
        ({"type": "correct", "reason": "笔误", "entry": 9, "void": True}, 404, "没有编号为 9"),
        ({"type": "correct", "reason": "笔误", "void": True}, 422, "entry：请写明要作废的计时记录"),
        ({"type": "correct", "entry": 9, "void": True}, 422, "须写明理由"),
        ({"type": "correct", "reason": "误", "entry": 9, "void": True, "at": "2026-03-09"}, 422, "at：作废不改时间，请去掉"),
        (EXCLUDE | {"void": True}, 422, "void：exclude 没有这一项"),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing_and_says_why(
    office: Office, body: dict[str, Any], status: int, sentence: str
) -> None:
    id_ = receive(office)["id"]
    before = office.everything()
    answer = enter(office, id_, **body)
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]
    assert office.everything() == before


def test_what_overlaps_or_exceeds_what_was_entered_is_refused(office: Office) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE)
    enter(office, id_, **EXTEND | {"amount": "15WD"})
    before = office.everything()
    for first, last in (("2026-03-17", "2026-03-20"), ("2026-03-04", "2026-03-10")):
        overlapping = enter(office, id_, **EXCLUDE | {"from": first, "to": last})
        told = refusal(overlapping, 409, "not_allowed")
        assert told.startswith(
            f"{first}至{last}不计入期限的时间与已登记的2026-03-06至2026-03-18不计入期限的时间重叠"
        )
    exceeding = enter(office, id_, **EXTEND | {"amount": "6WD", "at": "2026-03-23"})
    assert "请改为不超过 5WD" in refusal(exceeding, 409, "not_allowed")
    assert office.everything() == before


def test_an_extension_may_rest_on_another_article(office: Office) -> None:
    id_ = receive(office)["id"]
    body = EXTEND | {"amount": "30WD", "clause": "zfxxgk-tiaoli-2019-35-delay"}
    row = enter(office, id_, **body).json()
    assert row["clock"][0]["clause"] == "zfxxgk-tiaoli-2019-35-delay"
    assert "第三十五条" in row["journal"][1]["text"]


def test_where_the_paper_allows_no_extension_none_is_entered(office: Office) -> None:
    receive(office)
    (other,) = (row for row in office.get("/obligations")["items"] if row["rule"] != REPLY)
    detail = refusal(enter(office, other["id"], **EXTEND), 409, "not_allowed")
    assert "zfxxgk-tiaoli-2019-30 的文件没有规定可以延期" in detail
    # What it does not speak of is the office's to say.
    row = enter(office, other["id"], **EXCLUDE, reason="停电").json()
    assert row["journal"][1]["text"] == "2026-03-06之后至2026-03-18不计入期限：停电"
    steps = office.get(f"/obligations/{other['id']}/explanation")["trace"]
    assert {"机关登记"} == {step["basis"] for step in steps if "停电" in step["text"]}


@pytest.mark.parametrize("body", [RESTART, EXCLUDE, EXTEND, {"type": "correct", "reason": "误", "at": "2026-03-03"}])  # fmt: skip
def test_what_falls_due_by_a_period_has_no_clock(body: dict[str, Any]) -> None:
    office = Office()
    id_ = office.get("/obligations", unit="finance", due_from="2026-09-01")["items"][0]["id"]
    assert "不从事由起算" in refusal(enter(office, id_, **body), 409, "not_allowed")


@pytest.mark.parametrize("body", [RESTART, EXCLUDE, EXTEND, {"type": "correct", "reason": "误", "at": "2026-03-03"}])  # fmt: skip
@pytest.mark.parametrize(
    ("close", "state"),
    [({"type": "complete"}, "已办结"), ({"type": "waive", "reason": "撤回申请"}, "已免除")],
)
def test_what_is_closed_has_no_clock_any_more(
    office: Office, close: dict[str, Any], state: str, body: dict[str, Any]
) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **close)
    assert state in refusal(enter(office, id_, **body), 409, "not_allowed")


def test_a_wrong_time_is_corrected_and_stays_readable(office: Office) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE)
    body = {"type": "correct", "entry": 1, "to": "2026-03-13", "reason": "回函日期看错"}
    row = enter(office, id_, **body).json()
    assert row["due_on"] == "2026-04-07"
    first, second = row["clock"]
    assert (first["to"], first["corrects"]) == ("2026-03-18", None)
    assert (second["from"], second["to"], second["corrects"]) == ("2026-03-06", "2026-03-13", 1)
    assert row["journal"][-2]["kind"] == "correct"
    assert row["journal"][-2]["text"] == (
        "更正计时记录 1：2026-03-06至2026-03-18不计入期限的时间改为"
        "2026-03-06至2026-03-13不计入期限的时间，理由：回函日期看错"
    )
    again = refusal(enter(office, id_, **body), 409, "not_allowed")
    assert again == "计时记录 1 已由记录 2 更正，请更正记录 2"
    row = enter(office, id_, **body | {"entry": 2, "from": "2026-03-09", "to": "2026-03-18"}).json()
    assert [entry["corrects"] for entry in row["clock"]] == [None, 1, 2]
    assert row["due_on"] == "2026-04-09"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"at": "2026-03-05"}, "结束早于开始"),
        ({"from": "2026-03-20", "to": "2026-03-25"}, "重叠"),
        ({"amount": "5WD"}, "计时记录 1 是不计入期限，没有 amount，请去掉"),
        ({"from": "2026-03-01"}, "早于起算事由"),
        ({"to": "2026-07-05"}, "尚未到来"),
    ],
)
def test_a_correction_is_checked_like_an_entry(
    office: Office, values: dict[str, Any], sentence: str
) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE | {"from": "2026-03-06", "to": "2026-03-10"})
    enter(office, id_, **EXCLUDE | {"from": "2026-03-19", "to": "2026-03-23"})
    before = office.everything()
    body = {"type": "correct", "entry": 1, "reason": "误", "to": "2026-03-02", **values}
    if "at" not in values and "to" not in values:
        del body["to"]
    assert sentence in refusal(enter(office, id_, **body), 409, "not_allowed")
    assert office.everything() == before


@pytest.mark.parametrize("body", [RESTART, EXCLUDE, EXTEND])
def test_what_was_entered_by_mistake_is_voided_and_stays_readable(
    office: Office, body: dict[str, Any]
) -> None:
    id_ = receive(office)["id"]
    entered = enter(office, id_, **body).json()
    void = {"type": "correct", "entry": 1, "void": True, "reason": "记错了事项"}
    row = enter(office, id_, **void).json()
    assert (row["due_on"], entered["due_on"] > "2026-03-30") == ("2026-03-30", True)
    first, second = row["clock"]
    assert first == entered["clock"][0]
    assert (second["type"], second["corrects"], second["by"]) == ("void", 1, through("张三"))
    assert (second["reason"], second["recorded_at"]) == ("记错了事项", "2026-06-30T10:00:00+08:00")
    said, moved = row["journal"][-2:]
    assert (said["kind"], said["by"], moved["kind"]) == ("correct", through("张三"), "moved")
    assert said["text"].startswith("作废计时记录 1：")
    assert said["text"].endswith("，理由：记错了事项")
    again = refusal(enter(office, id_, **void), 409, "not_allowed")
    assert again == "计时记录 1 已由记录 2 作废"
    beyond = refusal(enter(office, id_, **void | {"entry": 2}), 409, "not_allowed")
    assert beyond == "计时记录 2 是作废的记录，不能再更正；原来没有错的，请重新登记"
    assert enter(office, id_, **body).json()["due_on"] == entered["due_on"]


def test_what_rests_on_a_voided_entry_is_named_first(office: Office) -> None:
    """The extension came in time only because of the exclusion; then both can go, the later first."""
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE)
    enter(office, id_, **EXTEND | {"at": "2026-04-09"})
    before = office.everything()
    void = {"type": "correct", "void": True, "reason": "误"}
    detail = refusal(enter(office, id_, **void, entry=1), 409, "not_allowed")
    assert "2026-04-09才批准的延期不能计入" in detail
    assert office.everything() == before
    enter(office, id_, **void, entry=2)
    assert enter(office, id_, **void, entry=1).json()["due_on"] == "2026-03-30"


def test_a_voided_correction_does_not_bring_back_what_it_corrected(office: Office) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE)
    enter(office, id_, type="correct", entry=1, to="2026-03-13", reason="看错")
    row = enter(office, id_, type="correct", entry=2, void=True, reason="没有征求意见").json()
    assert row["due_on"] == "2026-03-30"
    assert [one["corrects"] for one in row["clock"]] == [None, 1, 2]


def test_what_a_correction_would_make_impossible_is_named(office: Office) -> None:
    """The extension came in time only because of the exclusion before it."""
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE)
    enter(office, id_, **EXTEND | {"at": "2026-04-09"})
    body = {"type": "correct", "entry": 1, "to": "2026-03-10", "reason": "误"}
    detail = refusal(enter(office, id_, **body), 409, "not_allowed")
    assert "2026-04-09才批准的延期不能计入" in detail


def test_the_time_of_the_event_is_corrected_for_all_that_began_with_it(office: Office) -> None:
    id_ = receive(office)["id"]
    (other,) = (row for row in office.get("/obligations")["items"] if row["rule"] != REPLY)
    enter(office, other["id"], type="complete")
    enter(office, id_, **EXCLUDE)
    row = enter(office, id_, type="correct", at="2026-03-05", reason="签收回执为准").json()
    assert row["due_on"] == "2026-04-15"
    assert row["journal"][-2]["text"] == (
        "事由“收到申请”的时间由2026-03-02更正为2026-03-05，理由：签收回执为准"
    )
    done = office.get(f"/obligations/{other['id']}")
    assert (done["status"], done["due_on"]) == ("done", "2026-03-11")
    assert done["journal"][-1]["kind"] == "correct"
    enter(office, other["id"], type="reopen", reason="尚未告知")
    assert office.get(f"/obligations/{other['id']}")["due_on"] == "2026-03-16"
    # The event is the corrected one: entered again it is known.
    assert receive(office, at="2026-03-05")["id"] == id_


def test_two_events_are_not_corrected_into_one(office: Office) -> None:
    id_ = receive(office)["id"]
    receive(office, at="2026-03-05")
    answer = enter(office, id_, type="correct", at="2026-03-05", reason="误")
    assert "已另有登记" in refusal(answer, 409, "not_allowed")


def test_an_event_is_not_corrected_to_after_what_happened_then(office: Office) -> None:
    id_ = receive(office)["id"]
    enter(office, id_, **EXCLUDE)
    before = office.everything()
    answer = enter(office, id_, type="correct", at="2026-03-09", reason="误")
    assert "2026-03-06至2026-03-18不计入期限的时间早于" in refusal(answer, 409, "not_allowed")
    assert office.everything() == before


def test_hours_run_from_the_minute_and_stand_still_between_two(office: Office) -> None:
    row = office.disaster(at="2026-06-29T09:30").json()["obligations"][0]
    assert row["due_at"] == "2026-06-29T14:30:00+08:00"
    pause = {"type": "exclude", "from": "2026-06-29T10:00", "to": "2026-06-29T12:15"}
    moved = enter(office, row["id"], **pause, reason="现场通信中断").json()
    assert moved["due_at"] == "2026-06-29T16:45:00+08:00"
    assert moved["clock"][0]["from"] == "2026-06-29T10:00:00+08:00"
    nothing = enter(office, row["id"], **pause | {"from": "2026-06-29T12:15"})
    assert "没有扣除任何时间" in refusal(nothing, 409, "not_allowed")
    later = enter(office, row["id"], type="restart", at="2026-06-29", reason="另一事件")
    assert "须写明时刻" in refusal(later, 422, "no_date")


def test_a_moved_obligation_is_not_told_of_its_old_date_and_is_of_the_new(office: Office) -> None:
    id_ = receive(office.at("2026-03-18 16:00"))["id"]
    enter(office, id_, **RESTART)
    told = {}
    for morning in ("2026-03-25 09:00", "2026-04-13 09:00"):  # three working days before
        office.at(morning).tick()
        told[morning[:10]] = [
            alert[2:6:3] for alert in office.everything()["alert"] if alert[1] == id_
        ]
    assert told == {"2026-03-25": [], "2026-04-13": [("3", 2)]}
