"""qixian ledger --from A --to B [--unit ID]"""

import csv
import sys
from typing import Annotated, Any

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.typed_dates import stretch
from engine.database import reading
from engine.evidence import Attempted, Journaled, evidence
from engine.instants import local_iso

HEADINGS = {
    "at": "时间",
    "kind": "类别",
    "id": "编号",
    "unit": "单位",
    "matter": "事项",
    "by": "何人／收件人",
    "what": "何事",
    "answer": "对方答复",
    "channel": "渠道",
    "message_id": "消息编号",
    "body_sha256": "正文校验值",
    "place": "留痕序号",
    "seal": "封印",
}


def ledger(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="A", help="第一天")],
    last: Annotated[str, typer.Option("--to", metavar="B", help="最后一天")],
    unit: Annotated[str | None, typer.Option(metavar="ID", help="只要这个单位的")] = None,
) -> None:
    """导出留痕，作督查、复议的佐证：何时、何人、何事、对方怎样答复，附封印；默认 CSV。"""
    shared: Context = context.obj
    units = shared.configuration.agency.units
    if unit is not None and unit not in units:
        raise BadInput(f"没有单位“{unit}”，可用：{'、'.join(units) or '（尚未配置）'}")
    with reading(shared.database) as session:
        rows = [evidence_row(line) for line in evidence(session, *stretch(first, last), unit)]
    if shared.json:
        for row in rows:
            print_json(row)
        return
    if not sys.stdout.isatty():  # Excel takes a file without this mark for GBK
        print("\ufeff", end="")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADINGS.values())
    for row in rows:
        writer.writerow([_cell(row[key]) for key in HEADINGS])


def evidence_row(line: Attempted | Journaled) -> dict[str, Any]:
    """One line with the keys of the command line; what a kind does not have is None."""
    row = _attempt(line) if isinstance(line, Attempted) else _journal(line)
    seal = {"place": line.entry.place, "seal": line.entry.seal} if line.entry else {}
    return dict.fromkeys(HEADINGS) | {"at": local_iso(line.at)} | row | seal


def _attempt(line: Attempted) -> dict[str, Any]:
    attempt, delivery = line.attempt, line.delivery
    answer = (attempt.outcome, attempt.http_status, attempt.code, attempt.detail)
    return {
        "kind": "attempt",
        "id": attempt.id,
        "unit": "、".join(line.units) or None,
        "by": " ".join(dict.fromkeys(filter(None, (delivery.recipient, delivery.to)))),
        "what": f"第{attempt.number}次发送：{delivery.subject}",
        "answer": " ".join(str(part) for part in answer if part not in (None, "")),
        "channel": delivery.channel,
        "message_id": delivery.message_id,
        "body_sha256": attempt.body_sha256,
    }


def _journal(line: Journaled) -> dict[str, Any]:
    entry, about = line.line, line.obligation
    return {
        "kind": "journal",
        "id": entry.id,
        "unit": about.unit if about else None,
        "matter": f"{about.rule} {about.period}" if about else None,
        "by": entry.by,
        "what": entry.text,
    }


def _cell(value: Any) -> Any:
    """A cell that begins like a formula would be one in Excel."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
