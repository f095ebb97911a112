"""The pages of the units: the tree with its counts, one unit, and its forms."""

import re
from dataclasses import replace
from html import escape, unescape
from typing import Any

import pytest
from browser import fault
from httpx import Response
from office import AGENCY, Client, Office

from engine.accounts import Role
from engine.agency import Agency
from engine.database import reading
from engine.obligation_counts import UnitCount, counts_by_unit
from notifiers.channel import Addressing
from notifiers.message import Fault, Message, Outcome, OutcomeKind
from tests.builders import Box

RULE = "guangyuan-2017-02"
UNIT = {
    "id": "archive",
    "name": "广元市档案馆",
    "parent": "gov-office",
    "channels": "console",
    "person_name": ["赵六", "", ""],
    "person_role": ["负责人", "承办人", "承办人"],
    **{f"person_{key}": ["", "", ""] for key in ("mail", "account", "substitute")},
    "person_mobile": ["13900000001", "", ""],
    "reason": "机构新设",
}
DUTY = {"rule": f"{RULE} 按月公开", "from": "2026-09-01", "until": "", "reason": "市政府交办"}
HTML = {"accept": "text/html"}


def person(office: Office, role: Role = Role.OFFICE, unit: str = "", name: str = "wang") -> Client:
    return office.person(role, unit, name)


def page(client: Client, path: str) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def send(client: Client, path: str, form: dict[str, Any]) -> Response:
    return client.post(path, data=form, headers=HTML)


def told(client: Client, answer: Response) -> str:
    """What the page says to which a form leads."""
    assert answer.status_code == 303, answer.text
    shown = page(client, answer.headers["location"].partition("#")[0])
    found = re.search(r'class="done"[^>]*>(.*?)</p>', shown)
    assert found, shown
    return found[1]


def test_a_unit_is_ended_in_two_steps(office: Office) -> None:
    wang = person(office)
    told(wang, send(wang, "/units", UNIT))
    told(wang, send(wang, "/units/archive/duties", DUTY | {"from": "2026-10-01"}))
    assert "撤销，先看影响" in page(wang, "/units/archive")
    assert "撤销，先看影响" not in page(wang, "/units/finance")
    refused = send(wang, "/units/archive/end", {"reason": ""})
    assert "请写明理由" in fault(refused)
    before = office.everything()
    seen = send(wang, "/units/archive/end", {"reason": "机构撤并"})
    shown = unescape(seen.text)
    assert seen.status_code == 200
    assert "还没有生效" in shown
    assert "2026-10-31" in shown
    assert office.everything() == before
    ended = send(wang, "/units/archive/end", {"reason": "机构撤并", "step": "apply"})
    assert "单位已撤销" in told(wang, ended)
    assert "广元市档案馆" not in page(wang, "/units")
    assert wang.get("/units/archive", headers=HTML).status_code == 404
    assert "已免除" in page(wang, "/obligations?status=waived&due_from=2026-10-01")
    office.tick()
    for path in ("/", "/obligations?status=all", "/statistics", "/calendar", "/deliveries"):
        page(wang, path)
    for path in ("/system", f"/rules/{RULE}", "/messages?days=1", "/import", "/feeds"):
        page(wang, path)
    gone = office.get("/obligations", status="waived", limit=200)["items"]
    page(wang, next(f"/obligations/{row['id']}" for row in gone if row["unit"] == "archive"))
    for name in ("obligations", "statistics"):
        assert office.client.get(f"/api/v1/{name}.xlsx").status_code == 200


def test_an_ending_that_is_refused_keeps_what_was_typed(office: Office) -> None:
    wang = person(office)
    told(wang, send(wang, "/units", UNIT))
    told(wang, send(wang, "/units/archive/duties", DUTY | {"until": "2026-11-30"}))
    form = {"rule": RULE, "until": "2026-12-31", "reason": "改由统计局承担"}
    answer = send(wang, "/units/archive/duties/end", form)
    assert answer.status_code == 409
    shown = answer.text[answer.text.index('action="/units/archive/duties/end"') - 300 :]
    assert "不必再终止" in shown[: shown.index("<form")]
    for key in ("until", "reason"):
        assert re.search(f'name="{key}"[^>]* value="{form[key]}"', shown) or (
            f'name="{key}" type="date" value="{form[key]}"' in shown
        )
    assert '<details class="small-form" open>' in answer.text
    assert 'id="duty-reason" name="reason" value=""' in answer.text


def test_a_unit_that_owes_what_is_late_is_not_ended_and_the_reason_stays(office: Office) -> None:
    wang = person(office)
    told(wang, send(wang, "/units", UNIT))
    told(wang, send(wang, "/units/archive/duties", DUTY | {"from": "2026-08-01"}))
    answer = send(wang, "/units/archive/end", {"reason": "机构撤并", "step": "apply"})
    assert answer.status_code == 409
    assert "已经到期" in fault(answer)
    assert 'name="reason" value="机构撤并"' in answer.text
    assert "广元市档案馆" in page(wang, "/units")


def test_the_tree_counts_what_the_rows_hold(office: Office) -> None:
    with reading(office.db) as session:
        counted = counts_by_unit(session, office.now)
    for unit in office.agency.units:
        rows = office.get("/obligations", unit=unit, status="open", limit=200)["items"]
        late = office.get("/obligations", unit=unit, status="overdue", limit=200)["items"]
        count = counted.get(unit, UnitCount())
        assert (count.open, count.late) == (len(rows), len(late))
    html = page(person(office), "/units")
    line = html[html.index("广元市农业局") :]
    assert re.findall(r'class="number[^"]*">(\d+)<', line)[:3] == ["1", "100", "38"]
    assert html.index("广元市人民政府办公室") < html.index("广元市财政局")


def test_a_clerk_sees_his_unit_only_and_no_forms_of_the_office(office: Office) -> None:
    clerk = person(office, Role.CLERK, "finance")
    html = page(clerk, "/units")
    assert "广元市财政局" in html
    assert "广元市统计局" not in html
    assert "登记单位" not in html
    own = page(clerk, "/units/finance")
    assert "登记请假" in own
    assert "发测试消息" not in own
    answer = clerk.get("/units/statistics", headers=HTML)
    assert answer.status_code == 404
    assert "或者它不在您的范围内" in answer.text
    for path in ("absences", "silences"):
        answer = clerk.post(f"/units/statistics/{path}", data={}, headers=HTML)
        assert answer.status_code == 403
        assert "单位范围以外" in answer.text
    reader = person(office, Role.READER, "finance", "reader")
    shown = page(reader, "/units/finance")
    assert "登记请假" not in shown
    assert "号码和地址" not in shown


def test_a_unit_is_registered_given_a_rule_and_changed(office: Office) -> None:
    wang = person(office)
    assert told(wang, send(wang, "/units", UNIT)).startswith("已登记单位")
    assert told(wang, send(wang, "/units/archive/duties", DUTY)).startswith("已登记责任")
    html = page(wang, "/units/archive")
    assert "按月公开全市财政收支执行总体情况" in html
    assert "2026-09-30（星期三）" in html
    before = office.everything()
    for path, form in (("", UNIT), ("/duties", DUTY)):
        assert told(wang, send(wang, f"/units/archive{path}", form)).startswith("没有改动")
    assert office.everything() == before
    assert "赵六" in html
    change = UNIT | {"name": "广元市档案局", "reason": "更名"}
    assert told(wang, send(wang, "/units/archive", change)) == "已修改，立即生效。"
    end = {"rule": RULE, "until": "2026-10-31", "reason": "划转"}
    assert told(wang, send(wang, "/units/archive/duties/end", end)).startswith("已终止责任")
    html = page(wang, "/units/archive")
    assert "广元市档案局" in html
    assert "登记记录" in html
    assert "更名" in html


@pytest.mark.parametrize(
    ("path", "form", "status", "words"),
    [
        ("/units", UNIT | {"id": "finance"}, 422, "已有编号为“finance”的单位"),
        ("/units", UNIT | {"id": "a b"}, 422, "编号：写法不对"),
        ("/units", UNIT | {"reason": " "}, 422, "请写明理由"),
        ("/units", UNIT | {"name": "<script>x</script>\u202e"}, 422, "书写方向"),
        ("/units", UNIT | {"person_mobile": ["x", "", ""]}, 422, "第1位联系人的手机号：写法不对"),
        ("/units/finance", UNIT, 409, "请在配置文件中修改"),
        ("/units/finance/duties", DUTY | {"rule": "=cmd|x"}, 422, "没有规则“=cmd|x”"),
        ("/units/finance/duties", DUTY | {"from": "昨天"}, 422, "起始日 “昨天”不是日期"),
        ("/units/finance/duties", DUTY, 409, "[[duty]]"),
        ("/units/finance/duties/end", {"rule": RULE, "reason": "x"}, 422, "不是日期"),
        (
            *(
                "/units/finance/absences",
                {"name": "示例甲", "from": "2026-10-09", "to": "2026-10-08"},
            ),
            *(409, "早于首日"),
        ),
        (
            "/units/finance/silences",
            {"until": "2027-10-09", "silence_reason": "x"},
            409,
            "最长30天",
        ),
        ("/units/finance/silences", {"until": "2026-10-09"}, 422, "请写明静默的理由"),
        ("/units/finance/channels/console/confirm", {"code": "1234"}, 409, "没有等待确认的确认码"),
    ],
)
def test_a_fault_is_told_beside_what_was_typed(
    office: Office, path: str, form: dict[str, Any], status: int, words: str
) -> None:
    wang = person(office)
    before = office.everything()
    answer = send(wang, path, form)
    assert answer.status_code == status
    assert words in fault(answer)
    assert "<script>" not in answer.text
    if path == "/units":
        assert escape(form["name"]) in answer.text
    assert office.everything() == before


def test_absences_and_silences_come_and_go(office: Office) -> None:
    clerk = person(office, Role.CLERK, "finance")
    away = {"name": "示例甲", "from": "2026-09-28", "to": "2026-10-09"}
    assert told(clerk, send(clerk, "/units/finance/absences", away)).startswith("已登记请假")
    assert "示例甲：2026-09-28（星期一）" in page(clerk, "/units/finance")
    assert told(clerk, send(clerk, "/units/finance/absences/1/cancel", {})) == "已取消请假。"
    silent = {"until": "2026-10-09", "silence_reason": "机构合并"}
    assert told(clerk, send(clerk, "/units/finance/silences", silent)).startswith("已设静默")
    assert "至 2026-10-09（含当日）：机构合并" in page(clerk, "/units/finance")
    assert told(clerk, send(clerk, "/units/finance/silences/1/end", {})) == "已结束静默。"
    other = person(office, Role.CLERK, "statistics", "li")
    answer = send(other, "/units/statistics/silences/1/end", {})
    assert "没有编号为 1 的静默" in fault(answer)


class Answering(Box):
    """A channel that answers as the test says."""

    def __init__(self, outcome: Outcome, addressing: Addressing = Addressing.UNIT) -> None:
        super().__init__(addressing=addressing)
        self.outcome = outcome

    async def send(self, message: Message, _now: Any) -> Outcome:
        self.messages.append(message)
        return self.outcome


def with_channel(channel: Box) -> Agency:
    return replace(AGENCY, channels={**AGENCY.channels, "console": channel})


def test_a_channel_is_tested_and_confirmed() -> None:
    box = Answering(Outcome(OutcomeKind.ACCEPTED))
    office = Office(configured=with_channel(box))
    wang = person(office)
    assert "还没有人证实" in page(wang, "/units/finance")
    path = "/units/finance/channels/console"
    assert "对方已接收" in told(wang, send(wang, f"{path}/test", {}))
    (message,) = box.messages
    (code,) = re.findall(r"确认码：(\d{4})", message.body)
    wrong = send(wang, f"{path}/confirm", {"code": f"{(int(code) + 1) % 10000:04}"})
    assert "还可以试4次" in fault(wrong)
    assert told(wang, send(wang, f"{path}/confirm", {"code": code})) == "渠道已确认。"
    assert "已确认（2026-09-25 10:00）" in page(wang, "/units/finance")
    assert send(wang, "/units/finance/channels/mail/test", {}).status_code == 404


def test_a_refused_test_says_why_and_disables_as_send_test_does() -> None:
    refused = Outcome(OutcomeKind.REJECTED, Fault.CONFIG, advice="密钥不对，请群主重建机器人。")
    box = Answering(refused, Addressing.PERSON)
    office = Office(configured=with_channel(box))
    wang = person(office)
    answer = send(wang, "/units/finance/channels/console/test", {"to": ""})
    assert (answer.status_code, "给出账号" in fault(answer)) == (422, True)
    answer = send(wang, "/units/finance/channels/console/test", {"to": "zhangsan"})
    assert answer.status_code == 409
    assert fault(answer).startswith("渠道 console：对方没有接收。密钥不对，请群主重建机器人。（<a")
    assert box.messages[0].to == "zhangsan"
    assert "已停用" in page(wang, "/units/finance")
    tested = office.post("/channels/console/test", {"to": "zhangsan"}).json()
    assert (tested["outcome"], tested["advice"]) == ("rejected", refused.advice)
