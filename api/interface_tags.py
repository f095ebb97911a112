"""By what an integrator finds his way in the interface's description: an introduction, and tags."""

INTRODUCTION = """\
政务公开期限管理的接口。日期为 `YYYY-MM-DD`（法定日，Asia/Shanghai），时刻为带时区的 ISO 8601。

* **身份**：`Authorization: Bearer qx_…`。接口令牌由管理员建立，有范围（只读、办理、全部）、单位和有效期；只看得到本单位和下级的事项，别的单位的答 404。
* **出错**：`application/problem+json`（RFC 9457）。程序看 `code`，人看 `detail`。
* **分页**：列表答 `items` 和 `next`；`next` 不为 null 时，原样放进 `cursor` 取下一页。每页至多 200 条。
* **没有变动不重取、有了变动不覆盖**：`ETag`，`If-None-Match`（304），`If-Match`（412）。
* **重发不重办**：每个 POST 可带 `Idempotency-Key`。
* **频率**：每个令牌每分钟有限额，超过答 429，`Retry-After` 写明等几秒。
* **事件推送**：见“事件订阅”和本文的 webhooks，签名按 Standard Webhooks。

一步一步的说明和验证签名的例子见 docs/api.md。"""

# Tag, what it is about, and the first parts of the addresses under /api/v1.
_TAGS = (
    ("待办事项", "一期一项：列出、详情、办结和对期限的改动", ("obligations",)),
    ("事由", "发生了什么，从而开始计时", ("events",)),
    ("文件与建议", "载入正文，核对每处时间用语，采用为规则", ("documents", "proposals")),
    ("规则与口径", "规则，怎样读，由谁定的", ("rules", "seasons")),
    ("单位与责任", "单位，哪个单位承担哪条规则；表格导入", ("units", "duties", "import")),
    ("统计", "一段时间到期事项的办理情况，和每个数字背后的事项", ("statistics",)),
    ("日历订阅", "给日历软件的地址", ("feeds",)),
    ("工作日历", "工作日的推算、放假通知", ("workdays", "calendar")),
    ("送达与渠道", "发出了什么、结果如何、重新发送", ("deliveries", "channels", "bounces")),
    ("请假与静默", "谁不在、什么暂不提醒、谁收不到", ("absences", "silences", "people")),
    ("事件订阅", "待办事项有变动时，推送给别的系统", ("subscriptions",)),
    ("系统管理", "帐户、接口令牌、系统状态；须管理员", ("accounts", "tokens", "status")),
    ("健康检查", "不必登录", ("healthz", "readyz")),
)
_OTHER = "其他"


def tags() -> list[dict[str, str]]:
    """In the order in which they are shown."""
    return [{"name": name, "description": about} for name, about, _ in _TAGS]


def tag_of(path: str) -> str:
    """Under which tag an address stands."""
    first = path.removeprefix("/api/v1").strip("/").partition("/")[0]
    noun = first.partition(".")[0]  # of a workbook too
    return next((name for name, _, parts in _TAGS if noun in parts), _OTHER)
