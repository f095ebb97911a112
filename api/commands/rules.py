"""qixian rules"""

import typer

from api.commands.context import Context
from api.json_rows import rule_row
from rules.terms import KIND_NAMES


def rules(context: typer.Context) -> None:
    """列出规则：原文、类型、期限、责任主体。"""
    shared: Context = context.obj
    found = shared.catalogue.rules.values()
    rows = [rule_row(rule) for rule in found]
    columns = {"id": "规则", "quote": "原文", "kind": "类型", "term": "期限", "trigger": "起算事由"}
    if not shared.json:
        columns["holders"] = "责任主体"
        for row, rule in zip(rows, found, strict=True):
            row |= {"kind": KIND_NAMES[rule.term.kind], "term": rule.term.in_words()}
    shared.emit(rows, columns)
