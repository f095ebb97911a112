"""The command `qixian`: assembles the verbs, and turns every refusal into one sentence."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from api.commands import (
    absence,
    account,
    audit,
    backup,
    bounce,
    confirm,
    doctor,
    documents,
    due,
    export,
    extract,
    feed,
    import_,
    init,
    interpretation,
    ledger,
    migrate,
    plan,
    preview,
    resend,
    rules,
    send_test,
    serve,
    silence,
    simulate,
    tick,
    token,
    verify,
    watch,
    work_calendar,
    workday,
    worker,
)
from api.commands.context import Context
from api.errors import BadInput
from api.refusals import database_in_words, usage_in_words
from engine.errors import EngineError
from notifiers.errors import NotifierError
from rules.errors import RulesError

app = typer.Typer(
    name="qixian",
    help="期限：把政策文件的时限变成到期事项和提醒。",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="配置文件；默认 config.toml，其次环境变量 QIXIAN_CONFIG"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")] = False,
) -> None:
    """期限：把政策文件的时限变成到期事项和提醒。"""
    context.obj = Context(config, json)
    context.call_on_close(context.obj.close)


for verb in (
    *(init, serve, worker, rules, extract, audit, due, plan, simulate, preview, tick, migrate),
    *(doctor, send_test, confirm, resend, bounce, verify, ledger, backup, watch, export),
):
    app.command()(getattr(verb, verb.__name__.rpartition(".")[2]))
app.command("import")(import_.import_)
app.add_typer(absence.app, name="absence")
app.add_typer(silence.app, name="silence")
app.add_typer(account.app, name="account")
app.add_typer(token.app, name="token")
app.add_typer(feed.app, name="feed")
app.add_typer(interpretation.app, name="interpretation")
app.add_typer(documents.app, name="documents")
app.add_typer(workday.app, name="workday")
app.add_typer(work_calendar.app, name="calendar")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry of the command. Exit status 0, 1 (found something wrong), 2 (bad usage or input)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that is not UTF-8 shows what it can
            stream.reconfigure(errors="backslashreplace")
    try:
        status = app(_global_options_first(given), standalone_mode=False)
    except typer.Abort:
        status = 130
    except typer.TyperException as error:
        words = usage_in_words(error.format_message())
        status = _refuse(f"{words}，用 qixian --help 可查看用法")
    except (BadInput, EngineError, NotifierError, RulesError) as error:
        status = _refuse(str(error))
    except DBAPIError as error:
        status = _refuse(database_in_words(error))
    sys.exit(status if isinstance(status, int) else 0)


def _refuse(sentence: str) -> int:
    print(f"qixian: {sentence}", file=sys.stderr)
    return 2


def _global_options_first(arguments: list[str]) -> list[str]:
    """`--config FILE` and `--json` may stand anywhere on the line."""
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--config":
            first += [argument, *[value for value in [next(remaining, None)] if value is not None]]
        elif argument == "--json" or argument.startswith("--config="):
            first.append(argument)
        else:
            rest.append(argument)
    return first + rest


if __name__ == "__main__":
    main()
