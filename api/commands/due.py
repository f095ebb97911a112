"""qixian due RULE --event INSTANT"""

from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.commands.workday import KnownOn
from api.errors import BadInput
from api.json_rows import due_row, trace_rows
from api.typed_dates import moment
from engine.due_dates import due as due_of
from engine.explanation import explain
from engine.instants import day_of
from engine.periods import period_of
from engine.readings import reading_of, reading_on
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
    if reading.term is None:
        quote = catalogue.rules[rule].quote
        raise BadInput(
            f"规则 {rule}“{quote}”没有写明期限，须先由机关确定口径（[[interpretation]]）"
        )
    calendar = shared.calendar_as(known_on=known_on)
    reading = reading_on(reading, catalogue.rules[rule], catalogue.rules, when, calendar)
    assert reading.term
    computed = due_of(reading.term, when, calendar)
    day = day_of(when)
    rhythms = reading.term.rhythms
    period = period_of(rhythms[0].every, day, day, calendar) if rhythms else None
    steps = explain(
        reading.term,
        computed,
        calendar,
        event=when,
        period=period,
        referred=reading.referred,
    )
    row = due_row(computed) | {"trace": trace_rows(steps)}
    if shared.json:
        return print_json(row)
    print(
        f"到期：{row['due_at'] or row['due_on']}　宜办：{row['act_by']}　口径：{reading.in_words}"
    )
    for number, step in enumerate(steps, 1):
        print(f"{number}. {step.text}　〔{step.basis}〕")
    return None
