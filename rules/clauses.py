"""计时条款 Clause: what a text says about the clock of a rule, and not what is to be done."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.amounts import Amount
from rules.rule import Document
from rules.tables import Table
from rules.validity import in_wording


class Effect(StrEnum):
    """What a clause does to the clock."""

    RECEIPT = "receipt"  # 收到: which day counts as the day of receipt
    RESTART = "restart"  # 重新起算
    EXCLUDE = "exclude"  # 不计入期限
    EXTEND = "extend"  # 延期


@dataclass(frozen=True)
class Clause:
    """计时条款. When `trigger` happens, the clocks of `rules` begin, restart, stand still or go on.

    `counts_from` is the day from which they then count (receipt, restart); `cap` and `approver`
    are an extension's greatest length and who may grant it (None, empty: the text names none).
    """

    id: str
    document: Document
    text: str
    effect: Effect
    quote: str
    trigger: str
    rules: tuple[str, ...]
    place: str
    counts_from: str = ""
    cap: Amount | None = None
    approver: str = ""
    note: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def cited(self) -> str:
        """`《条例》国务院令第711号第三十条：“…”`: document, article and quote."""
        number = self.document.number_of(self.text)
        return f"《{self.document.title}》{number}{self.place}：“{self.quote}”"

    def in_force(self, day: date) -> bool:
        """Is the clause in force on this day, both ends included?"""
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day <= self.until)


KEYS = ("id", "effect", "quote", "trigger", "rules", "place")
OPTIONS = ("counts_from", "cap", "approver", "note", "text", "from", "until")
_COUNTING = (Effect.RECEIPT, Effect.RESTART)


def clause(table: Table, document: Document) -> Clause:
    """One `[[clause]]`; raises CatalogueError."""
    table.allow(KEYS + OPTIONS)
    effect = table.choice("effect", Effect)
    _check(table, effect)
    text, since, until = in_wording(table, document)
    return Clause(
        id=table.id_within(document.id),
        document=document,
        text=text,
        effect=effect,
        quote=table.text("quote"),
        trigger=table.text("trigger"),
        rules=table.names("rules"),
        place=table.need("place", str),
        counts_from=table.words("counts_from"),
        cap=table.amount("cap"),
        approver=table.words("approver"),
        note=table.option("note"),
        since=since,
        until=until,
    )


def _check(table: Table, effect: Effect) -> None:
    if effect in _COUNTING and "counts_from" not in table.values:
        raise table.refusal("counts_from", f"没有写，而 {effect} 须写明从哪一日起算，请补上")
    if effect not in _COUNTING and "counts_from" in table.values:
        raise table.refusal("counts_from", f"不能与 {effect} 并用，请去掉")
    for key in ("cap", "approver"):
        if effect is not Effect.EXTEND and key in table.values:
            raise table.refusal(key, f"不能与 {effect} 并用，请去掉")
