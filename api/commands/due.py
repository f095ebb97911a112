"""qixian due RULE --event INSTANT"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.commands.workday import KnownOn
from api.errors import BadInput
from api.json_rows import answer_rows, due_row, trace_rows
from api.typed_dates import moment
from engine.agency import Agency
from engine.alternatives import Answers, answers, guarded
from engine.due_dates import Due
from engine.due_dates import due as due_of
from engine.explanation import Step, explain
from engine.instants import day_of
from engine.periods import Period, each_time, period_of
from engine.readings import Reading, Source, reading_of, reading_on, season_of
from engine.seasons import Season, reached
from engine.workdays import WorkCalendar
from rules.rule import Rule
from rules.terms import Term


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
    rules = shared.catalogue.rules
    if rule not in rules:
        raise BadInput(f"没有规则“{rule}”，用 qixian rules 可查看全部规则")
    when = moment(event, "--event ")
    found = _work_out(rule, rules, agency, when, shared.calendar_as(known_on=known_on))
    row = due_row(found.due) | {"trace": trace_rows(found.steps)} | answer_rows(found.answers)
    if shared.json:
        return print_json(row)
    when_due = row["due_at"] or row["due_on"]
    print(f"到期：{when_due}　宜办：{row['act_by']}　口径：{found.reading.in_words}")
    for number, step in enumerate(found.steps, 1):
        print(f"{number}. {step.text}　〔{step.basis}〕")
    for one in found.answers.taken:
        print(f"读法　{one.question}：{one.reading}　〔{one.basis}〕")
    for one in found.answers.alternatives:
        print(f"另一读法　{one.question}：{one.reading}，到期日{one.due_on}　〔{one.basis}〕")
    return None


@dataclass(frozen=True)
class _WorkedOut:
    """A date, by which reading, step by step, and how else it could be read."""

    reading: Reading
    due: Due
    steps: tuple[Step, ...]
    answers: Answers


def _work_out(
    id_: str,
    rules: Mapping[str, Rule],
    agency: Agency | None,
    when: date | datetime,
    calendar: WorkCalendar,
) -> _WorkedOut:
    """Raises BadInput where the rule waits for somebody, or the day is in no season."""
    rule, day = rules[id_], day_of(when)
    reading = _settled(agency.readings[id_] if agency else reading_of(rule), rule)
    reading = reading_on(reading, rule, rules, when, calendar)
    term = reading.term
    assert term
    season = _season(agency, id_, day) if agency and season_of(term) else None
    anchor = season.first if season else day
    computed = due_of(term, when, calendar, anchor)
    period = _period(term, day, anchor, calendar)
    if season and period:
        _check_whole(season, period, reached(term.rhythms[0], period, computed.due_on))
    stated = reading.referred or rule
    # A day inside a period begins nothing.
    counted = when if term.amount or term.options else None
    computed = guarded(stated, term, computed, calendar, counted, period)
    steps = explain(
        term,
        computed,
        calendar,
        event=when,
        period=period,
        season=season,
        referred=reading.referred,
    )
    decided = agency.decided(id_) if agency else "原文"
    read = answers(stated, term, computed, calendar, event=counted, period=period, decided=decided)
    return _WorkedOut(reading, computed, steps, read)


def _check_whole(season: Season, period: Period, end: date) -> None:
    """Raises BadInput where the season ends before the period does."""
    if end > season.last:
        raise BadInput(
            f"自{period.first}起的一期到时段“{season.name}”结束（{season.last}）时未满，不产生事项"
        )


def _settled(reading: Reading, rule: Rule) -> Reading:
    """The reading, unless it waits for a season or an interpretation. Raises BadInput."""
    if reading.source is Source.CLOSED:
        raise BadInput(
            f"规则 {rule.id} 只在一个时段内计算（{reading.words}），须先由机关写明起止（[[season]]）"
        )
    if reading.term is None:
        raise BadInput(
            f"规则 {rule.id}“{rule.quote}”没有写明期限，须先由机关确定口径（[[interpretation]]）"
        )
    return reading


def _period(term: Term, day: date, anchor: date, calendar: WorkCalendar) -> Period | None:
    """The period that holds the day; of several times in it the one whose share has not ended."""
    if not term.rhythms:
        return None
    whole = period_of(term.rhythms[0].every, day, anchor, calendar)
    times = each_time(term.rhythms[0], whole)
    return next(one for one in times if one.share is None or one.share >= day)


def _season(agency: Agency, rule: str, day: date) -> Season:
    """The season of a rule that holds a day. Raises BadInput."""
    name = season_of(agency.readings[rule].term)
    seasons = [one for one in agency.seasons if one.name == name and one.of_rule(rule)]
    for season in seasons:
        if season.first <= day <= season.last:
            return season
    spans = "、".join(f"{one.first}至{one.last}" for one in seasons)
    raise BadInput(f"--event {day}不在时段“{name}”内（{spans}），请给出其中的一日")
