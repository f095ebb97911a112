"""A tour of the interface: every operation asked once, in an order in which each has an answer.

The requests and answers are the examples of the description (`api/interface_examples.json`). After a
change of what an operation says: `PYTHONPATH=.:tests/api .venv/bin/python tests/api/interface_tour.py`.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from office import DISASTER, Office
from tables import table
from test_http_bounces import ADDRESS, ID, LETTER, MAIL, POSTFIX, returning
from test_http_calendar import LATER, NOTICE_2027

from api.interface_examples import FILE
from engine.confirmation import expect
from engine.courier import Reach
from engine.database import writing
from tests.servers.webhook import WebhookSink

TEXT = "政务公开工作要点（2026年）\n市财政局要按月公开财政收支情况，并及时公开决算。"
MORNING = "2026-09-28 09:00"
PASSWORD = "长城内外-2026年"
# method, address, what it does, and what goes into the query or the body
STEPS: list[tuple[str, str, str, Any]] = [
    ("GET", "/healthz", "进程在应答", None),
    ("GET", "/readyz", "数据库和时钟正常", None),
    ("GET", "/obligations", "待办事项，按到期日", {"status": "open", "within": "10wd", "limit": 2}),
    ("GET", "/obligations/{obligation_id}=1", "一个待办事项：日期的推算、日志、计时记录", None),
    ("GET", "/obligations/{obligation_id}=1/explanation", "日期怎样得来，还可以怎样读", None),
    (
        "POST",
        "/obligations/{obligation_id}=1/events",
        "办结、免除、恢复、签收、重新起算、不计入期限、延期、更正",
        {"type": "complete", "by": "王莉", "at": "2026-09-28", "evidence": "网站链接"},
    ),
    (
        "POST",
        "/events",
        "登记事由，开始计时",
        {
            "trigger": DISASTER,
            "unit": "cyberspace",
            "at": "2026-09-28T08:30",
            "reference": "2026-3",
            "by": "值班员",
        },
    ),
    ("GET", "/documents", "文件", None),
    (
        "POST",
        "/documents",
        "载入正文",
        {"name": "要点.txt", "id": "work-2026", "title": "要点", "year": 2026, "text": TEXT},
    ),
    ("GET", "/documents/{id}=work-2026", "一份文件", None),
    ("GET", "/documents/{id}=work-2026/text", "载入的正文", None),
    ("GET", "/documents/{id}=work-2026/phrases", "正文里的每处时间用语和它的着落", None),
    ("GET", "/documents/{id}=gbf-2016-80/catalogue", "文件和规则的目录文件（TOML）", None),
    ("GET", "/proposals", "建议，按正文的次序", {"document": "work-2026", "limit": 2}),
    ("GET", "/proposals/{proposal_id}=1", "一条建议", None),
    (
        "POST",
        "/proposals/{proposal_id}=1/edit",
        "修改建议",
        {"by": "王莉", "value": "P1M;after=10WD"},
    ),
    ("POST", "/proposals/{proposal_id}=1/accept", "采用为规则", {"by": "王莉"}),
    (
        "POST",
        "/proposals/{proposal_id}=2/dismiss",
        "不列为规则",
        {"by": "王莉", "reason": "不是时限要求"},
    ),
    ("GET", "/rules", "规则和口径", None),
    ("GET", "/rules/{id}=guangyuan-2017-02", "一条规则和它的口径", None),
    (
        "POST",
        "/rules/{id}=guangyuan-2017-43/interpretation",
        "定口径；不写 apply 只看影响",
        {
            "reading": "P1M;after=15D",
            "decided_by": "市政府信息公开办公室",
            "decided_on": "2026-09-24",
            "reason": "监测数据次月上旬才能汇总",
            "by": "王莉",
            "apply": True,
        },
    ),
    ("GET", "/rules/{id}=guangyuan-2017-43/interpretations", "一条规则的历次口径", None),
    (
        "POST",
        "/rules/{id}=guangyuan-2017-43/interpretation/withdraw",
        "撤回口径；不写 apply 只看影响",
        {"reason": "上级另有规定", "by": "王莉", "apply": True},
    ),
    ("GET", "/units", "单位", None),
    ("GET", "/units/{id}=finance", "一个单位", None),
    (
        "POST",
        "/units",
        "登记单位",
        {
            "id": "archive",
            "name": "广元市档案馆",
            "parent": "gov-office",
            "contacts": [{"name": "赵六", "mobile": "13900000001"}],
            "channels": ["console"],
            "by": "王莉",
            "reason": "机构新设",
        },
    ),
    (
        "POST",
        "/units/{id}=archive",
        "修改登记的单位；没有写的不变",
        {"aliases": ["档案馆"], "by": "王莉", "reason": "补登简称"},
    ),
    ("GET", "/duties", "责任：哪个单位承担哪条规则", None),
    (
        "POST",
        "/duties",
        "登记责任",
        {
            "rule": "guangyuan-2017-02",
            "unit": "archive",
            "from": "2026-10-01",
            "by": "王莉",
            "reason": "市政府交办",
        },
    ),
    (
        "POST",
        "/duties/end",
        "终止责任：写明末日",
        {
            "rule": "guangyuan-2017-02",
            "unit": "archive",
            "until": "2026-12-31",
            "by": "王莉",
            "reason": "改由统计局承担",
        },
    ),
    (
        "POST",
        "/import",
        "导入表格（单位、责任、办结）：有一处不对就什么也不导入",
        {"name": "单位.xlsx", "content": "UEsDBBQAAAAI…", "dry_run": True, "by": "王莉"},
    ),
    (
        "POST",
        "/units/{id}=archive/end",
        "撤销登记的单位；不写 apply 只看影响",
        {"by": "王莉", "reason": "并入市博物馆", "apply": True},
    ),
    ("GET", "/statistics", "统计，按单位和按期", {"year": 2026, "under": "gov-office"}),
    (
        "GET",
        "/statistics/list",
        "一个统计数字背后的事项",
        {"year": 2026, "measure": "due", "limit": 2},
    ),
    ("GET", "/statistics.xlsx", "统计表（.xlsx 文件）", {"year": 2026}),
    ("GET", "/obligations.xlsx", "台账（.xlsx 文件）", {"unit": "finance", "status": "open"}),
    (
        "POST",
        "/feeds",
        "建立日历订阅；地址只显示这一次",
        {"unit": "finance", "name": "财政局的期限"},
    ),
    ("GET", "/feeds", "日历订阅", None),
    ("POST", "/feeds/{feed_id}=1/revoke", "吊销日历订阅", None),
    ("GET", "/seasons", "时段", None),
    ("GET", "/deliveries", "送达记录，新的在前", {"state": "accepted", "limit": 2}),
    ("GET", "/deliveries/{delivery_id}=2", "一条送达记录和每次尝试", None),
    (
        "POST",
        "/deliveries/{delivery_id}=2/resend",
        "重新发送",
        {"by": "王莉", "reason": "对方没有看到"},
    ),
    (
        "POST",
        "/deliveries/resend",
        "重新发送一段时间里没有送达的",
        {"from": "2026-09-28", "to": "2026-09-28", "by": "王莉", "reason": "群机器人被误删"},
    ),
    (
        "POST",
        "/absences",
        "登记请假",
        {
            "unit": "finance",
            "name": "示例甲",
            "from": "2026-09-29",
            "to": "2026-10-10",
            "by": "王莉",
        },
    ),
    ("GET", "/absences", "请假，新的在前", {"limit": 2}),
    ("POST", "/absences/{absence_id}=1/cancel", "取消请假", {"by": "王莉"}),
    (
        "POST",
        "/silences",
        "静默：到某时为止不发普通提醒",
        {"unit": "finance", "until": "2026-10-10", "by": "王莉", "reason": "机构合并"},
    ),
    ("GET", "/silences", "静默，新的在前", {"limit": 2}),
    ("POST", "/silences/{silence_id}=1/end", "提前结束静默", {"by": "王莉"}),
    ("GET", "/people/unreachable", "收不到提醒的联系人", None),
    ("POST", "/bounces", "退信或回复：整封邮件", None),
    ("GET", "/channels", "渠道的状态", None),
    (
        "POST",
        "/channels/{channel}=console/confirm",
        "用测试消息里的四位码确认渠道",
        {"code": "0417"},
    ),
    ("POST", "/channels/{channel}=console/test", "现在就发一条测试消息", {"to": ""}),
    ("POST", "/calendar/notices", "导入放假通知", {"text": NOTICE_2027, "dry_run": True}),
    ("GET", "/calendar/{year}=2026", "一年的每一天", {"region": "510800"}),
    ("GET", "/workdays/add", "若干工作日之后（之前）是哪一天", {"date": "2026-09-28", "n": 20}),
    ("GET", "/workdays/count", "两日之间的工作日数", {"a": "2026-09-28", "b": "2026-10-30"}),
    ("GET", "/workdays/check", "某日是否工作日", {"date": "2026-10-10"}),
    (
        "POST",
        "/subscriptions",
        "订阅事件；密钥只显示这一次",
        {
            "url": "https://oa.example.gov.cn/hooks/qixian",
            "events": ["obligation.created", "obligation.moved", "obligation.late"],
            "unit": "finance",
            "by": "王莉",
        },
    ),
    ("GET", "/subscriptions", "订阅", None),
    ("GET", "/subscriptions/{subscription_id}=1", "一个订阅", None),
    (
        "POST",
        "/subscriptions/{subscription_id}=1",
        "修改订阅；没有写的不变",
        {"events": ["obligation.late"], "unit": None},
    ),
    ("POST", "/subscriptions/{subscription_id}=1/secret", "更换密钥；只显示这一次", {"by": "王莉"}),
    ("POST", "/subscriptions/{subscription_id}=1/test", "现在就发一个测试事件", None),
    ("POST", "/subscriptions/{subscription_id}=1/disable", "停用订阅", {"reason": "对方检修"}),
    ("POST", "/subscriptions/{subscription_id}=1/enable", "启用订阅", {"skip": False}),
    ("POST", "/subscriptions/{subscription_id}=1/remove", "删去订阅", {"by": "王莉"}),
    (
        "POST",
        "/accounts",
        "建立帐户",
        {
            "name": "zhangsan",
            "shown_name": "张三",
            "role": "clerk",
            "unit": "finance",
            "password": PASSWORD,
            "wecom_user": "ZhangSan",
        },
    ),
    ("GET", "/accounts", "帐户", None),
    ("GET", "/accounts/{name}=zhangsan", "一个帐户", None),
    (
        "POST",
        "/accounts/{name}=zhangsan",
        "修改姓名、角色、单位、企业微信账号；没有写的不变",
        {"role": "reader"},
    ),
    ("POST", "/accounts/{name}=zhangsan/password", "重新设置密码", {"password": PASSWORD + "2"}),
    ("POST", "/accounts/{name}=zhangsan/disable", "停用帐户", None),
    ("POST", "/accounts/{name}=zhangsan/enable", "启用帐户，解除锁定", None),
    (
        "POST",
        "/tokens",
        "建立接口令牌；令牌只显示这一次",
        {"name": "督查系统", "scope": "read", "unit": "finance", "expires": "2027-09-28"},
    ),
    ("GET", "/tokens", "接口令牌", None),
    ("POST", "/tokens/{name}=督查系统/revoke", "吊销接口令牌", None),
    ("GET", "/status", "系统状态和配置，不含密钥", None),
]
MUSEUM = ("museum", "广元市博物馆", "广元市财政局", "", "", "console", "孙八", "承办人")
_SHOWN = {
    r"http://127\.0\.0\.1/feeds/[\w-]+": "https://qixian.example.gov.cn/feeds/…",
    r"qx_[\w-]{43}": "qx_…",
    r"whsec_[\w+/=]{44}": "whsec_…",
    r"http://127\.0\.0\.1:\d+": "https://oa.example.gov.cn",
}


def tour() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with its example: summary, query or body, status, answer."""
    office = returning(reach=Reach.to(["127.0.0.0/8"], False)).at(MORNING)
    office.tick()
    secret = ""
    office.clock.last_tick = office.now
    with writing(office.db) as session:
        expect(session, "console", "0417", office.now)
    for method, path, summary, given in STEPS:
        template, address = re.sub("=[^/]+", "", path), re.sub(r"\{\w+\}=", "", path)
        prefix = "" if template in ("/healthz", "/readyz") else "/api/v1"
        office.at(LATER if template == "/calendar/notices" else MORNING)
        more: dict[str, Any] = {"params" if method == "GET" else "json": given} if given else {}
        if template == "/bounces":
            assert MAIL.return_path
            raw = POSTFIX.replace(ADDRESS.encode(), MAIL.return_path.address(ID).encode())
            more = {"content": raw, "headers": LETTER}
        if template == "/import":
            content = b64encode(table({"单位": [(*MUSEUM, *[None] * 4)]})).decode()
            more = {"json": {**given, "content": content}}
        if template == "/subscriptions/{subscription_id}/test":
            with WebhookSink(secret) as sink:
                _lead_to(office, f"{sink.base}/hooks/qixian")
                answer = office.client.request(method, f"{prefix}{address}", **more)
            _lead_to(office, "https://oa.example.gov.cn/hooks/qixian")
        else:
            answer = office.client.request(method, f"{prefix}{address}", **more)
        assert answer.status_code in (200, 201), (method, path, answer.text)
        if template == "/subscriptions/{subscription_id}/secret":
            secret = answer.json()["secret"]
        example: dict[str, Any] = {"summary": summary, "status": str(answer.status_code)}
        if values := dict(re.findall(r"\{(\w+)\}=([^/]+)", path)):
            example["path"] = values
        if given is not None:
            example["query" if method == "GET" else "body"] = given
        kind = answer.headers["content-type"]
        if not kind.endswith(".sheet"):  # a workbook is not shown
            is_json = kind == "application/json"
            example["answer"] = _shown(answer.json() if is_json else answer.text)
        yield f"{method} {prefix}{template}", example


def _lead_to(office: Office, url: str) -> None:
    with office.db.begin() as connection:
        connection.exec_driver_sql("UPDATE subscription SET url = ?", (url,))


def _shown(value: Any) -> Any:
    """Short enough for an example, and the same each time."""
    if isinstance(value, dict):
        return {key: _shown(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_shown(one) for one in value[:2]]
    if isinstance(value, str):
        for pattern, shown in _SHOWN.items():
            value = re.sub(pattern, shown, value)
        return value if len(value) <= 300 else f"{value[:300]}…"
    return value


if __name__ == "__main__":
    told = json.dumps(dict(tour()), ensure_ascii=False, indent=1)
    Path(FILE).write_text(f"{told}\n", encoding="utf-8")
