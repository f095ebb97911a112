"""检查 Findings: what `qixian doctor` and the page 系统 say of an office that is at work."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from api.configuration import Configuration
from api.findings_of_agency import Finding, findings_of_agency
from api.notice_folder import not_imported
from engine.accounts import any_account
from engine.addresses import paused_addresses
from engine.agency import Agency
from engine.alerts import unreachable
from engine.channels import channel_states, disabled_channels
from engine.confirmation import how_to_confirm
from engine.database import reading
from engine.deliveries import undelivered, waiting_channels
from engine.instants import local_day
from engine.interpretations import set_aside, stored_interpretations
from engine.line_states import lines_now
from engine.loaded_texts import current_texts
from engine.postgres import address_of
from engine.proposals import IS_OPEN, list_proposals
from engine.reachability import unreachable_people
from engine.silences import active_silences
from engine.subscriptions import list_subscriptions, silent
from engine.workdays import WorkCalendar


def findings(
    configuration: Configuration,
    agency: Agency,
    db: Engine,
    calendar: WorkCalendar,
    now: datetime,
) -> Iterator[Finding]:
    """All of them, over a database that has this version's schema. `agency` is the one of the
    configuration with what was accepted since."""
    today = local_day(now)
    yield Finding("数据库", "ok", address_of(db))
    with reading(db) as session:
        yield from _rows(session, agency, now)
    yield calendar_finding(calendar, today)
    yield from missing_folder(configuration)
    yield from _notices(configuration, db, today)
    yield from findings_of_agency(agency, today)


def calendar_finding(calendar: WorkCalendar, today: date) -> Finding:
    """How far the holidays are known."""
    last = calendar.certain_through
    if last >= today:
        return Finding("工作日历", "ok", f"放假安排已知到{last}，其后的日期为暂定")
    return Finding(
        "工作日历",
        "fault",
        f"放假安排只知到{last}，请用 qixian calendar import 导入通知，或升级程序",
    )


def missing_folder(configuration: Configuration) -> Iterator[Finding]:
    """The folder that is to be watched for notices, where there is none."""
    folder = configuration.notice_folder
    if folder and not folder.is_dir():
        yield Finding("放假通知", "fault", f"[calendar] 的 folder {folder} 不是文件夹，请建立它")


def _begun(sentence: str) -> str:
    """A sentence that goes on."""
    return sentence.removesuffix("。")


def _rows(session: Session, agency: Agency, now: datetime) -> Iterator[Finding]:
    if not any_account(session):
        yield Finding(
            "帐户",
            "note",
            "还没有帐户：请在本机的浏览器打开网页建立管理员，或用 qixian account add 建立",
        )
    for channel in disabled_channels(session):
        text = f"{channel.id} 已停用：{_begun(channel.disabled_reason)}；修好后用 send-test 恢复"
        yield Finding("渠道", "fault", text)
    for id_, line in lines_now(session, agency, now).items():
        level = "ok" if line.connected else "fault" if line.fault else "note"
        yield Finding("长连接", level, f"{id_}：{line.in_words}")
    for address in paused_addresses(session):
        text = f"{address.channel} 的 {address.recipient} 已停用：{_begun(address.reason)}；改正联系人，或用 send-test --to 恢复"
        yield Finding("收件地址", "fault", text)
    yield from _unconfirmed(session, agency)
    for unit in unreachable(session, agency):
        yield Finding("渠道", "fault", f"单位 {unit} 有待办事项，但没有可用的渠道，提醒无处可发")
    for one in unreachable_people(session, agency):
        yield Finding("联系人", "note", f"{one.in_words}，收不到提醒")
    for silence in active_silences(session, now):
        yield Finding("静默", "note", f"{silence.id} 号：{silence.in_words}")
    for id_, number in waiting_channels(session).items():
        if id_ not in agency.channels:
            text = f"{id_} 已从配置中删除，还有 {number} 条消息等在上面，恢复这一渠道后才会发出"
            yield Finding("渠道", "note", text)
    for subscription in list_subscriptions(session):
        if why := silent(subscription, agency):
            yield Finding("订阅", "fault", f"{subscription.id} 号：{why}")
        elif subscription.disabled_at:
            text = f"{subscription.id} 号已停用：{subscription.disabled_reason}；修好后启用（POST /api/v1/subscriptions/{subscription.id}/enable），或者删去"
            yield Finding("订阅", "note", text)
    for row in undelivered(session, now - timedelta(days=7)):
        yield Finding("送达", "fault", f"{row.id} 号（{row.recipient}）{row.reason}")
    yield from _papers(session)
    for _, why in set_aside(agency, stored_interpretations(session)):
        yield Finding("口径", "fault", why)


def _papers(session: Session) -> Iterator[Finding]:
    for loaded in current_texts(session):
        if not loaded.intact:
            yield Finding(
                "文件", "fault", f"正文 {loaded.text} 与载入时不同（校验值不符），请重新载入"
            )
    waiting = Counter(row.document for row in list_proposals(session, IS_OPEN))
    for document, number in waiting.items():
        yield Finding("文件", "note", f"{document} 有 {number} 条建议待确认")


def _unconfirmed(session: Session, agency: Agency) -> Iterator[Finding]:
    """Channels of which nobody has said that he sees what comes over them."""
    states = channel_states(session)
    for id_ in agency.channels:
        if id_ not in states or states[id_].confirmed_at is None:
            yield Finding("渠道", "note", f"{id_} 未确认：{how_to_confirm(id_)}")


def _notices(configuration: Configuration, db: Engine, today: date) -> Iterator[Finding]:
    """Files in the watched folder that are not in the calendar."""
    folder = configuration.notice_folder
    if folder is None or not folder.is_dir():
        return
    for name, refused in not_imported(folder, db, today):
        if refused:
            yield Finding("放假通知", "fault", f"{name}：{refused}")
        else:
            yield Finding("放假通知", "note", f"{name} 等待服务导入（qixian serve）")
