"""The page of a signed link: who opens it changes nothing, who presses the button signs."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx import Response
from office import AGENCY, Client, Office
from sqlalchemy import update
from sqlmodel import col, select

from engine.accounts import Role
from engine.acknowledgements import Acknowledgement
from engine.agency import Agency
from engine.alerts import Alert
from engine.database import reading, writing
from engine.deliveries import Delivery
from engine.duties import Duty
from engine.obligations import Obligation, Status
from engine.system_messages import tell_administrator
from engine.units import Contact

MORNING = "2026-09-22 09:00"  # five working days before 30 September
PEOPLE = (Contact("张三"), Contact("李四 <b>"))


def agency(people: tuple[Contact, ...] = PEOPLE) -> Agency:
    units = dict(AGENCY.units)
    units["finance"] = replace(units["finance"], contacts=people)
    more = Duty("guangyuan-2017-03", "finance", date(2026, 9, 1))  # also due on 30 September
    duties = {**AGENCY.duties, more.key: more}
    return replace(AGENCY, units=units, duties=duties, public_url="https://qixian.agency.gov.cn/")


def opened(now: str = MORNING, configured: Agency | None = None) -> Office:
    """An office whose reminders of the morning went out."""
    office = Office(configured=configured or agency()).at(now)
    with writing(office.db) as session:
        old = col(Obligation.due_on) < date(2026, 9, 1)
        session.execute(update(Obligation).where(old).values(status=Status.DONE))
    office.tick()
    return office


def delivery(office: Office, unit: str = "finance") -> Delivery:
    with reading(office.db) as session:
        query = select(Delivery).where(Delivery.recipient == unit).order_by(col(Delivery.id))
        found = session.exec(query).all()
    return found[-1]


def door(office: Office, unit: str = "finance") -> str:
    """The path of the link that the unit's message carries."""
    found = re.search(
        r"^查看、签收：https://qixian\.agency\.gov\.cn(/m/[A-Za-z0-9_-]{32})$",
        delivery(office, unit).body,
        re.MULTILINE,
    )
    assert found, delivery(office, unit).body
    return found[1]


def matters(office: Office, unit: str = "finance") -> list[int]:
    with reading(office.db) as session:
        query = select(Alert.obligation_id).where(Alert.delivery_id == delivery(office, unit).id)
        return list(dict.fromkeys(session.exec(query.order_by(col(Alert.id))).all()))


def visitor(office: Office) -> Client:
    """Somebody who has nothing but the link."""
    return Client(office.app)


def press(office: Office, path: str, **form: Any) -> Response:
    # A page without a referrer makes the browser call its origin null.
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": "null"}
    return visitor(office).post(path, content=urlencode(form), headers=headers)


def signed(office: Office) -> list[Acknowledgement]:
    with reading(office.db) as session:
        return list(session.exec(select(Acknowledgement).order_by(col(Acknowledgement.id))).all())


def test_the_page_shows_the_matters_of_its_delivery_and_no_other() -> None:
    office = opened()
    answer = visitor(office).get(door(office))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    wanted = matters(office)
    assert len(wanted) > 1
    for id_ in wanted:
        assert f'value="{id_}"' in answer.text
    assert answer.text.count('<section class="card">') == len(wanted)
    for words in ("广元市财政局", "2026-09-30（星期三）", "剩5个工作日", "签收此项", "全部签收"):
        assert words in answer.text
    assert "统计局" not in answer.text
    assert "s3cret" not in answer.text


def test_nothing_of_it_is_kept_or_told_to_others_and_no_script_runs() -> None:
    office = opened()
    for path in (door(office), "/m/nonsense"):
        answer = visitor(office).get(path)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script" not in policy + answer.text
        assert not re.search(r"\son\w+=|style=", answer.text)


def test_names_are_text_on_the_page() -> None:
    office = opened()
    page = visitor(office).get(door(office)).text
    assert "李四 &lt;b&gt;" in page
    assert "李四 <b>" not in page


def test_twenty_scanners_change_nothing_and_one_press_does() -> None:
    office = opened()
    path, before = door(office), office.everything()
    for number in range(20):
        method = "HEAD" if number % 4 == 3 else "GET"
        assert visitor(office).request(method, path).status_code == 200
    assert office.everything() == before
    (first, *_) = matters(office)
    answer = press(office, path, by="张三", obligation=first)
    assert answer.status_code == 200
    assert "已由张三签收" in answer.text
    assert "✓ 张三，2026-09-22 09:00，2026-09-24 09:00前不再提醒" in answer.text
    (row,) = signed(office)
    assert (row.obligation_id, row.by, row.via.value, row.rung) == (first, "张三", "link", "5")
    told = office.get(f"/obligations/{first}")
    assert told["acknowledged"] == {
        "by": "张三",
        "at": "2026-09-22T09:00:00+08:00",
        "via": "link",
        "rung": "5",
        "until": None,
        "resumes_at": "2026-09-24T09:00:00+08:00",
    }
    assert told["journal"][-1]["text"] == "签收（链接），2026-09-24 09:00前不再提醒"


def test_the_second_press_says_that_nothing_is_new() -> None:
    office = opened()
    path, (first, *_) = door(office), matters(office)
    press(office, path, by="张三", obligation=first)
    before = office.everything()
    for by in ("张三", "李四 <b>"):
        answer = press(office, path, by=by, obligation=first)
        assert answer.status_code == 200
        assert "此前已由张三签收，不用再签" in answer.text
    assert office.everything() == before


def test_all_at_once_with_a_date() -> None:
    office = opened()
    path, wanted = door(office), matters(office)
    answer = press(office, path, by="李四 <b>", obligation="all", until="2026-09-28")
    assert answer.text.count("已由李四 &lt;b&gt;签收") == len(wanted)
    assert "暂缓提醒至2026-09-28" in answer.text
    rows = signed(office)
    assert sorted(row.obligation_id for row in rows) == sorted(wanted)
    assert {str(row.until) for row in rows} == {"2026-09-28"}


# form                                            the sentence
REFUSED = [
    ({"by": "王五", "obligation": "all"}, "请选择签收人"),
    ({"obligation": "all"}, "请选择签收人"),
    ({"by": "张三"}, "请选择要签收的事项"),
    ({"by": "张三", "obligation": "999999"}, "请选择要签收的事项"),
    ({"by": "张三", "obligation": "all", "until": "后天"}, "应写作 2026-10-12"),
    ({"by": "张三", "obligation": "all", "until": "2026-09-27"}, "请选工作日"),
    ({"by": "张三", "obligation": "all", "until": "2026-10-20"}, "不能晚于到期日"),
    ({"by": "张三", "obligation": "all", "until": "<script>"}, "&lt;script&gt;"),
    ({f"x{number}": "1" for number in range(30)}, "表单读不懂"),
]


@pytest.mark.parametrize(("form", "sentence"), REFUSED)
def test_what_does_not_suit_is_said_and_changes_nothing(
    form: dict[str, str], sentence: str
) -> None:
    office = opened()
    before = office.everything()
    answer = press(office, door(office), **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "没有签收任何事项" in answer.text
    assert office.everything() == before


def test_a_matter_of_another_delivery_cannot_be_signed() -> None:
    office = opened()
    with reading(office.db) as session:
        foreign = session.exec(select(Obligation.id).where(Obligation.unit != "finance")).first()
    answer = press(office, door(office), by="张三", obligation=foreign)
    assert answer.status_code == 422
    assert signed(office) == []


def test_what_is_done_has_no_button_and_is_left_alone() -> None:
    office = opened()
    path, (first, *rest) = door(office), matters(office)
    office.post(f"/obligations/{first}/events", {"type": "complete", "by": "张三"})
    page = visitor(office).get(path).text
    assert "已办结" in page
    assert f'value="{first}"' not in page
    assert "已办结，不用签收" in press(office, path, by="张三", obligation=first).text
    press(office, path, by="张三", obligation="all")
    assert sorted(row.obligation_id for row in signed(office)) == sorted(rest)


def test_who_is_told_as_the_superior_sees_the_matter_without_a_button() -> None:
    office = opened("2026-10-08 09:00")
    path = door(office, "gov-office")
    page = visitor(office).get(path).text
    assert "督办，由其签收" in page
    late = [id_ for id_ in matters(office, "gov-office") if f'value="{id_}"' not in page]
    assert late
    answer = press(office, path, by="示例主任", obligation=late[0])
    assert "督办事项由承办单位签收" in answer.text
    assert signed(office) == []


def test_a_unit_without_contacts_signs_by_its_own_name() -> None:
    office = opened(configured=agency(people=()))
    page = visitor(office).get(door(office)).text
    assert 'type="hidden" name="by" value="广元市财政局"' in page
    press(office, door(office), by="广元市财政局", obligation="all")
    assert {row.by for row in signed(office)} == {"广元市财政局"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("fault", ["forged", "truncated", "foreign", "nonsense"])
def test_a_bad_link_says_so_and_no_more(method: str, fault: str) -> None:
    office, other = opened(), opened()
    path = door(office)
    bad = {
        "forged": path[:-1] + ("A" if path[-1] != "A" else "B"),
        "truncated": path[:-3],
        "foreign": door(other),
        "nonsense": "/m/..%2f..%2fetc",
    }[fault]
    before = office.everything()
    answer = visitor(office).request(method, bad, content="by=x&obligation=all")
    no_link = fault == "nonsense"  # another address, of which the guard says nothing
    assert answer.status_code == (401 if no_link else 404)
    assert office.everything() == before
    if method != "HEAD" and fault != "nonsense":
        assert "链接无效" in answer.text
        assert "财政局" not in answer.text


def test_an_old_link_has_expired() -> None:
    office = opened()
    path = door(office)
    office.now += timedelta(days=14)
    assert visitor(office).get(path).status_code == 200
    office.now += timedelta(days=1)
    for answer in (visitor(office).get(path), press(office, path, by="张三", obligation="all")):
        assert answer.status_code == 410
        assert "链接已过期" in answer.text
        assert "财政局" not in answer.text
    assert signed(office) == []


def test_a_form_of_megabytes_is_not_read() -> None:
    office = opened()
    answer = visitor(office).post(door(office), content=b"x" * 10_000)
    assert answer.status_code == 413


def test_no_answer_of_the_interface_shows_the_secret() -> None:
    office = opened()
    secrets = [row[1] for row in office.everything()["secret"]]
    assert secrets
    for path in ("/deliveries", "/channels", "/obligations", f"/deliveries/{delivery(office).id}"):
        assert not any(secret in office.client.get(f"/api/v1{path}").text for secret in secrets)


def test_the_administrators_messages_have_no_link() -> None:
    unit = replace(AGENCY.units["finance"], id="administrator", contacts=(Contact("管理"),))
    office = Office(configured=replace(agency(), administrator=unit)).at(MORNING)
    with writing(office.db) as session:
        tell_administrator(session, office.configured, "a", "渠道停用", "请看", office.now)
    office.tick()
    assert "/m/" not in delivery(office, "administrator").body


def with_session(office: Office, role: Role, unit: str = "", name: str = "") -> Client:
    """The same visitor, in whose browser somebody is signed in."""
    person = office.person(role, unit, name or f"{role.value}{unit}")
    return Client(office.app, {"cookie": person.headers["cookie"]})


def test_each_matter_says_how_its_date_came_about() -> None:
    office = opened()
    page = unescape(visitor(office).get(door(office)).text)
    for id_ in matters(office):
        row = office.get(f"/obligations/{id_}")
        assert row["quote"] in page
        for step in row["trace"]:
            assert step["text"] in page
            assert step["basis"] in page
    assert "/obligations/" not in page


def test_who_is_signed_in_is_led_on_to_the_obligation() -> None:
    office = opened()
    person = with_session(office, Role.CLERK, "finance")
    page = person.get(door(office)).text
    for id_ in matters(office):
        assert f'<a href="../obligations/{id_}">' in page
        assert person.get(f"/obligations/{id_}").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_wrong_person_is_refused(method: str) -> None:
    office = opened()
    other, path = with_session(office, Role.CLERK, "statistics"), door(office)
    before = office.everything()
    form = urlencode({"by": "张三", "obligation": "all"})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = other.request(method, path, content=form, headers=headers)
    assert answer.status_code == 403
    assert office.everything() == before
    if method != "HEAD":
        assert "不是发给您（张三）的" in answer.text
        assert "财政局" not in answer.text
    assert with_session(office, Role.READER, "finance").get(path).status_code == 200


def test_who_is_signed_in_and_is_asked_signs_in_his_own_name() -> None:
    office = opened()
    path, person = door(office), with_session(office, Role.CLERK, "finance")
    page = person.get(path).text
    assert 'type="hidden" name="by" value="张三"' in page
    assert "李四" not in page
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": "null"}
    form = {"obligation": "all", "by": "李四 <b>"}
    answer = person.post(path, content=urlencode(form), headers=headers)
    assert (answer.status_code, signed(office)) == (422, [])
    form["by"] = "张三"
    assert person.post(path, content=urlencode(form), headers=headers).status_code == 200
    assert {row.by for row in signed(office)} == {"张三"}
