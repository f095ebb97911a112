"""登记事由 on a page: what begins, whose it is, and what is refused."""

from typing import Any

import pytest
from office import DISASTER, Office
from pages import fault, field, read, rows, send

from engine.accounts import Role

NEW = {"trigger": DISASTER, "unit": "cyberspace", "day": "2026-09-25", "time": "09:30"}


def test_an_event_is_entered_and_what_begins_is_shown(office: Office) -> None:
    clerk = office.person(Role.CLERK, "cyberspace")
    assert 'href="/events"' in read(clerk, "/obligations")
    page = send(clerk, "/events", **NEW, reference="2026-17")
    assert page.status_code == 201
    rows = office.get("/obligations", unit="cyberspace", limit=200)
    begun = [row for row in rows["items"] if row["period"] == "2026-17"]
    assert len(begun) == 2
    for row in begun:
        assert f'href="/obligations/{row["id"]}"' in page.text
    assert "2026-09-25（星期五） 14:30" in page.text
    again = send(clerk, "/events", **NEW, reference="2026-17")
    assert again.status_code == 200
    assert "已经登记过" in again.text
    assert "2026-17" in read(clerk, "/events").partition('id="recent"')[2]


def test_an_event_leads_to_its_matters(office: Office) -> None:
    clerk = office.person(Role.CLERK, "cyberspace")
    send(clerk, "/events", **NEW, reference="2026-17")
    send(clerk, "/events", **(NEW | {"time": "09:40"}), reference="2026-18")
    everything = office.get("/obligations", unit="cyberspace", limit=200)["items"]
    wanted = [row["id"] for row in everything if row["period"] == "2026-17"]
    listed = read(clerk, "/events").partition('id="recent"')[2]
    event = next(one.id for one in office.everything()["event"] if one.reference == "2026-17")
    assert f'href="/obligations?event={event}&status=all"' in listed
    html = read(clerk, f"/obligations?event={event}&status=all")
    assert rows(html) == wanted
    assert field(html, "event") == f"{event}"
    assert [row["id"] for row in office.get("/obligations", event=event)["items"]] == wanted
    other = office.person(Role.CLERK, "finance", "finance-clerk")
    assert rows(read(other, f"/obligations?event={event}&status=all")) == []
    assert office.get("/obligations", event=10**9)["items"] == []
    for wrong in ("x", "0", "99999999999999999999"):
        assert "事由：" in fault(read(clerk, f"/obligations?event={wrong}", 422))


REFUSED: list[tuple[dict[str, str], int, str]] = [
    ({"time": ""}, 422, "时刻"),
    ({"day": "2026-09-26"}, 409, "晚于现在"),
    ({"day": ""}, 422, "发生日期"),
    ({"trigger": ""}, 422, "事由"),
    ({"trigger": "地震"}, 422, "没有责任从“地震”起算"),
    ({"unit": ""}, 422, "单位"),
    ({"unit": "finance"}, 422, "“广元市财政局”"),
    ({"unit": "nobody"}, 422, "“nobody”不存在"),
    ({"reference": "x" * 10_000}, 422, "编号或名称"),
    ({"reference": "\x00"}, 422, "编号或名称"),
    ({"day": "9999-12-31"}, 422, "范围"),
]


@pytest.mark.parametrize(("change", "status", "told"), REFUSED)
def test_what_cannot_begin_is_refused_and_what_was_typed_stays(
    office: Office, change: dict[str, str], status: int, told: str
) -> None:
    before = office.everything()
    typed = NEW | change
    answer = send(office.client, "/events", **typed)
    assert answer.status_code == status
    assert told in fault(answer.text)
    assert office.everything() == before
    if typed["day"]:
        assert field(answer.text, "day") == typed["day"]


def test_everybody_enters_for_his_own_units_and_sees_those(office: Office) -> None:
    other = office.person(Role.CLERK, "finance", "finance-clerk")
    assert "不必登记" in read(other, "/events")
    assert send(other, "/events", **NEW).status_code == 403
    clerk = office.person(Role.CLERK, "cyberspace", "cyberspace-clerk")
    assert 'value="all"' not in read(clerk, "/events")
    assert send(clerk, "/events", **(NEW | {"unit": "all"})).status_code == 403
    assert send(office.client, "/events", **(NEW | {"unit": "all"})).status_code == 201
    assert "全部承担单位" in read(office.client, "/events").partition('id="recent"')[2]
    assert "<td" not in read(clerk, "/events").partition('id="recent"')[2]
    reader: Any = office.person(Role.READER, "", "reader")
    assert 'id="new"' not in read(reader, "/events")
