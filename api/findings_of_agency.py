"""检查 Findings of the configuration alone: who cannot be told, and what waits for somebody's decision."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from engine.agency import Agency
from engine.readings import Source, season_of

_NAMED = 12  # holders: the bundled papers name more than a hundred, most of them elsewhere


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is good (`ok`), worth knowing (`note`) or wrong (`fault`)."""

    name: str
    level: str
    detail: str


def findings_of_agency(agency: Agency, today: date) -> Iterator[Finding]:
    """What is wrong or worth knowing about units, channels and duties."""
    yield from _reach(agency)
    yield from _holders(agency)
    yield from _days_in_force(agency)
    yield from _chained(agency)
    yield from _seasons(agency, today)
    yield from _waiting(agency)


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
        more = f"等 {len(unmatched)} 个" if len(unmatched) > _NAMED else ""
        text = f"没有对应单位：{'、'.join(unmatched[:_NAMED])}{more}；由本机关的单位承担的，请写进它的别名"
        yield Finding("责任主体", "note", text)
    for duty in agency.duties.values():
        rule = agency.catalogue.rules[duty.rule]
        if rule.holders and duty.unit not in {agency.matched[one] for one in rule.holders}:
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
