"""qixian due RULE --event INSTANT"""

from datetime import date
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.commands.workday import KnownOn
from api.errors import BadInput
from api.json_rows import answer_rows, due_row, trace_rows
from api.typed_dates import moment
from engine.agency import Agency
from engine.alternatives import answers, guarded
from engine.due_dates import due as due_of
from engine.explanation import explain
from engine.instants import day_of
from engine.periods import each_time, period_of
from engine.readings import Source, reading_of, reading_on, season_of
from engine.seasons import Season, reached
from rules.catalogue_files import load_catalogue


def due(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="规则编号，见 qixian rules")],
    event: Annotated[
        str, typer.Option(metavar="INSTANT", help="事由的日期或时刻；周期规则给期内任一日")
    ],
    known_on: KnownOn = None,
) -> None:
    """按一条规则推算到期日，并逐步说明。"""
    shared: Context = context.obj
    agency = shared.configuration.agency if shared.config_path else None
    catalogue = agency.catalogue if agency else load_catalogue()
    if rule not in catalogue.rules:
        raise BadInput(f"没有规则“{rule}”，用 qixian rules 可查看全部规则")
    reading = agency.readings[rule] if agency else reading_of(catalogue.rules[rule])
    when = moment(event, "--event ")
    if reading.source is Source.CLOSED:
        raise BadInput(
            f"规则 {rule} 只在一个时段内计算（{reading.words}），须先由机关写明起止（[[season]]）"
        )
    if reading.term is None:
        quote = catalogue.rules[rule].quote
        raise BadInput(
            f"规则 {rule}“{quote}”没有写明期限，须先由机关确定口径（[[interpretation]]）"
        )
    calendar = shared.calendar_as(known_on=known_on)
    reading = reading_on(reading, catalogue.rules[rule], catalogue.rules, when, calendar)
    assert reading.term
    day = day_of(when)
    season = _season(agency, rule, day) if agency and season_of(reading.term) else None
    anchor = season.first if season else day
    computed = due_of(reading.term, when, calendar, anchor)
    rhythms = reading.term.rhythms
    period = period_of(rhythms[0].every, day, anchor, calendar) if rhythms else None
    if period:  # of several times in a period the one whose share has not ended
        times = each_time(rhythms[0], period)
        period = next(one for one in times if one.share is None or one.share >= day)
    if season and period and reached(rhythms[0], period, computed.due_on) > season.last:
        raise BadInput(
            f"自{period.first}起的一期到时段“{season.name}”结束（{season.last}）时未满，不产生事项"
        )
    stated = reading.referred or catalogue.rules[rule]
    counted = (
        when if reading.term.amount or reading.term.options else None
    )  # a day inside a period begins nothing
    computed = guarded(stated, reading.term, computed, calendar, counted, period)
    steps = explain(
        reading.term,
        computed,
        calendar,
        event=when,
        period=period,
        season=season,
        referred=reading.referred,
    )
    decided = agency.decided(rule) if agency else "原文"
    read = answers(
        stated,
        reading.term,
        computed,
        calendar,
        event=counted,
        period=period,
        decided=decided,
    )
    row = due_row(computed) | {"trace": trace_rows(steps)} | answer_rows(read)
    if shared.json:
        return print_json(row)
    print(
        f"到期：{row['due_at'] or row['due_on']}　宜办：{row['act_by']}　口径：{reading.in_words}"
    )
    for number, step in enumerate(steps, 1):
        print(f"{number}. {step.text}　〔{step.basis}〕")
    for one in read.taken:
        print(f"读法　{one.question}：{one.reading}　〔{one.basis}〕")
    for one in read.alternatives:
        print(f"另一读法　{one.question}：{one.reading}，到期日{one.due_on}　〔{one.basis}〕")
    return None


def _season(agency: Agency, rule: str, day: date) -> Season:
    """The season of a rule that holds a day. Raises BadInput."""
    name = season_of(agency.readings[rule].term)
    seasons = [one for one in agency.seasons if one.name == name and one.of_rule(rule)]
    for season in seasons:
        if season.first <= day <= season.last:
            return season
    spans = "、".join(f"{one.first}至{one.last}" for one in seasons)
    raise BadInput(f"--event {day}不在时段“{name}”内（{spans}），请给出其中的一日")
