"""qixian doctor"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.commands.context import Context
from api.notice_folder import not_imported
from api.refusals import database_in_words
from api.settings_file import TOKEN_GONE, TOKEN_VARIABLE
from engine.accounts import any_account
from engine.addresses import paused_addresses
from engine.agency import Agency
from engine.alerts import unreachable
from engine.channels import channel_states, disabled_channels
from engine.confirmation import how_to_confirm
from engine.database import reading
from engine.deliveries import undelivered, waiting_channels
from engine.errors import BadDatabase
from engine.interpretations import set_aside, stored_interpretations
from engine.loaded_texts import current_texts
from engine.postgres import address_of
from engine.proposals import IS_OPEN, list_proposals
from engine.reachability import unreachable_people
from engine.readings import Source, season_of
from engine.schema import check
from engine.silences import active_silences
from engine.units import match_holders


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is good (`ok`), worth knowing (`note`) or wrong (`fault`)."""

    name: str
    level: str
    detail: str


def doctor(context: typer.Context) -> None:
    """检查配置、数据库、渠道、责任主体；有错误时退出码为 1。"""
    shared: Context = context.obj
    try:
        findings = _findings(shared, shared.configuration.agency)
    except (BadDatabase, DBAPIError) as error:  # without it nobody knows which rules there are
        findings = [_packages(), _unusable(error)]
    levels = {"ok": "正常", "note": "提示", "fault": "错误"}
    rows = [{"name": f.name, "level": f.level, "detail": f.detail} for f in findings]
    if not shared.json:
        for row in rows:
            row["level"] = levels[row["level"]]
    shared.emit(rows, {"level": "", "name": "项目", "detail": "说明"})
    raise typer.Exit(1 if any(f.level == "fault" for f in findings) else 0)


def _findings(shared: Context, agency: Agency) -> list[Finding]:
    return [
        Finding("配置", "ok", str(shared.config_path)),
        _packages(),
        *_old_token(),
        *_database(shared),
        _calendar(shared),
        *_notices(shared),
        *_reach(agency),
        *_holders(agency),
        *_days_in_force(agency),
        *_chained(agency),
        *_seasons(agency, shared.today),
        *_waiting(agency),
    ]


def _unusable(error: BadDatabase | DBAPIError) -> Finding:
    return Finding("数据库", "fault", database_in_words(error))


def _packages() -> Finding:
    """Another distribution with a package of the same name would overwrite ours silently."""
    specs = (find_spec(name) for name in ("engine", "rules", "notifiers", "api"))
    places = {Path(spec.origin).parent.parent for spec in specs if spec and spec.origin}
    if len(places) == 1:
        return Finding("程序包", "ok", "四个程序包在同一处")
    return Finding("程序包", "fault", "程序包被别的软件覆盖，请在单独的环境中重新安装 qixian")


def _old_token() -> Iterator[Finding]:
    if os.environ.get(TOKEN_VARIABLE):
        yield Finding("帐户", "fault", f"环境变量 {TOKEN_GONE.format(TOKEN_VARIABLE)}")


def _database(shared: Context) -> Iterator[Finding]:
    db = shared.open(shared.configuration.database_url)
    try:
        check(db)
    except BadDatabase as error:
        yield _unusable(error)
        return
    yield Finding("数据库", "ok", address_of(db))
    with reading(db) as session:
        if not any_account(session):
            yield Finding("帐户", "note", "还没有帐户，请用 qixian account add 建立管理员")
        for channel in disabled_channels(session):
            text = f"{channel.id} 已停用：{channel.disabled_reason}；修好后用 send-test 恢复"
            yield Finding("渠道", "fault", text)
        for address in paused_addresses(session):
            text = f"{address.channel} 的 {address.recipient} 已停用：{address.reason}；改正联系人，或用 send-test --to 恢复"
            yield Finding("收件地址", "fault", text)
        yield from _unconfirmed(session, shared.configuration.agency)
        for unit in unreachable(session, shared.configuration.agency):
            yield Finding(
                "渠道", "fault", f"单位 {unit} 有待办事项，但没有可用的渠道，提醒无处可发"
            )
        for one in unreachable_people(session, shared.configuration.agency):
            yield Finding("联系人", "note", f"{one.in_words}，收不到提醒")
        for silence in active_silences(session, shared.now):
            yield Finding("静默", "note", f"{silence.id} 号：{silence.in_words}")
        for id_, number in waiting_channels(session).items():
            if id_ not in shared.configuration.agency.channels:
                text = f"{id_} 已从配置中删除，还有 {number} 条消息等在上面，恢复这一渠道后才会发出"
                yield Finding("渠道", "note", text)
        for row in undelivered(session, shared.now - timedelta(days=7)):
            yield Finding("送达", "fault", f"{row.id} 号（{row.recipient}）{row.reason}")
        for loaded in current_texts(session):
            if not loaded.intact:
                yield Finding(
                    "文件", "fault", f"正文 {loaded.text} 与载入时不同（校验值不符），请重新载入"
                )
        for _, why in set_aside(shared.configuration.agency, stored_interpretations(session)):
            yield Finding("口径", "fault", why)
        waiting = Counter(row.document for row in list_proposals(session, IS_OPEN))
        for document, number in waiting.items():
            yield Finding("文件", "note", f"{document} 有 {number} 条建议待确认")


def _unconfirmed(session: Session, agency: Agency) -> Iterator[Finding]:
    """Channels of which nobody has said that he sees what comes over them."""
    states = channel_states(session)
    for id_ in agency.channels:
        if id_ not in states or states[id_].confirmed_at is None:
            yield Finding("渠道", "note", f"{id_} 未确认：{how_to_confirm(id_)}")


def _calendar(shared: Context) -> Finding:
    last = shared.calendar.certain_through
    if last >= shared.today:
        return Finding("工作日历", "ok", f"放假安排已知到{last}，其后的日期为暂定")
    return Finding(
        "工作日历",
        "fault",
        f"放假安排只知到{last}，请用 qixian calendar import 导入通知，或升级程序",
    )


def _notices(shared: Context) -> Iterator[Finding]:
    """Files in the watched folder that are not in the calendar."""
    folder = shared.configuration.notice_folder
    if folder is None:
        return
    if not folder.is_dir():
        yield Finding("放假通知", "fault", f"[calendar] 的 folder {folder} 不是文件夹，请建立它")
        return
    db = shared.open(shared.configuration.database_url)
    try:
        check(db)
    except (BadDatabase, DBAPIError):
        return  # reported with the database
    for name, refused in not_imported(folder, db, shared.today):
        waits = f"{name} 等待服务导入（qixian serve）"
        yield Finding(
            "放假通知", *(("fault", f"{name}：{refused}") if refused else ("note", waits))
        )


def _reach(agency: Agency) -> Iterator[Finding]:
    owing = {duty.unit for duty in agency.duties.values()}
    for unit in agency.units.values():
        if unit.id in owing and not agency.recipients(unit.id):
            yield Finding("渠道", "fault", f"{unit.name}有责任，但没有可用的渠道，提醒无处可发")
        for channel in agency.empty_channels(unit):
            text = f"{unit.name}的渠道 {channel} 没有收件人，请为联系人填写 mail（邮件）或 account（工作聊天账号）"
            yield Finding("渠道", "fault", text)
        for channel in unit.channels:
            fallback = agency.policy(channel).fallback
            if fallback and not agency.directory().on(fallback, unit, unit.contacts):
                text = f"{unit.name}在渠道 {channel} 的备用渠道 {fallback} 上没有收件人，请为联系人填写 mail 或 account"
                yield Finding("渠道", "fault", text)


def _holders(agency: Agency) -> Iterator[Finding]:
    unmatched = [holder for holder, unit in agency.matched.items() if unit is None]
    if unmatched:
        yield Finding("责任主体", "note", f"没有对应单位：{'、'.join(unmatched)}")
    for duty in agency.duties.values():
        rule = agency.catalogue.rules[duty.rule]
        named = match_holders(rule.holders, agency.units.values()).values()
        if rule.holders and duty.unit not in named:
            text = f"{duty.rule} 的责任主体不含“{agency.units[duty.unit].name}”，请核对"
            yield Finding("责任", "note", text)


def _days_in_force(agency: Agency) -> Iterator[Finding]:
    """Duties whose rule is not in force on all the days that the configuration names."""
    for key, duty in agency.duties_in_force.items():
        if duty == agency.duties.get(key):
            continue
        name = f"{duty.rule}（{agency.units[duty.unit].name}）"
        if duty.implied_by:
            text = f"{name}是 {duty.implied_by} 的后一文本，自{duty.since}起接着承担"
        elif duty.until and duty.until < duty.since:
            text = f"{name}在规则的施行期间之外，不产生事项，请核对 from 和 until"
        else:
            text = f"{name}按规则的施行期间自{duty.since}起承担"
            text += f"，至{duty.until}止" if duty.until else ""
        yield Finding("责任", "note", text)


def _chained(agency: Agency) -> Iterator[Finding]:
    """Duties that begin with a completion: until it is recorded they owe nothing."""
    for key, firsts in agency.chained.items():
        rule, _, unit = key.partition("@")
        named = "、".join(f"{one.rule}（{agency.units[one.unit].name}）" for one in firsts)
        text = f"{rule}（{agency.units[unit].name}）在 {named}登记办结后开始"
        yield Finding("责任", "note", text)


def _seasons(agency: Agency, today: date) -> Iterator[Finding]:
    """Duties whose seasons are all over, or that have none for their unit."""
    for duty in agency.duties_in_force.values():
        name, seasons = season_of(agency.readings[duty.rule].term), agency.seasons_of(duty)
        if name and not any(season.last >= today for season in seasons):
            text = f"{duty.rule}（{agency.units[duty.unit].name}）的时段“{name}”今后没有写明起止，暂不提醒"
            yield Finding("时段", "note", text)


def _waiting(agency: Agency) -> Iterator[Finding]:
    owed = {duty.rule for duty in agency.duties_in_force.values()}
    for rule in agency.rules:
        reading = agency.readings[rule.id]
        if reading.term is None and rule.id in owed:
            way = "（请写 [[season]]）" if reading.source is Source.CLOSED else ""
            text = f"{rule.id}“{rule.quote}”{reading.source}{way}，暂不提醒"
            yield Finding("口径", "note", text)
    free = Counter(rule.document.id for rule in agency.rules if rule.id not in owed)
    if free:
        counts = "、".join(f"{document} {number}条" for document, number in free.items())
        yield Finding("责任", "note", f"没有单位承担的规则：{counts}（用 qixian rules 查看）")
