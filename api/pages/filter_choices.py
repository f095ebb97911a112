"""What the filter of 待办 offers to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.viewer import Viewer
from engine.agency import Agency

_LONGEST = 40  # characters of a quote
_STATUSES = {
    "open": "待办（含逾期）",
    "overdue": "逾期",
    "upcoming": "未逾期",
    "done": "已办结",
    "waived": "已免除",
    "all": "全部",
}
_WITHIN = ("5wd", "10wd", "20wd", "30d", "90d")
Choice = tuple[str, str]  # the value, and its words


@dataclass(frozen=True)
class Choices:
    """By filter what may be chosen; the rules by the title of their document."""

    units: list[Choice]
    statuses: list[Choice]
    documents: list[Choice]
    rules: dict[str, list[Choice]]
    within: list[Choice]


def choices(agency: Agency, viewer: Viewer, typed: Mapping[str, str]) -> Choices:
    """The viewer's units, the rules that somebody owes, and what is chosen already."""
    owed = {duty.rule for duty in agency.duties_in_force.values() if viewer.sees(duty.unit)}
    rules: dict[str, list[Choice]] = {}
    for rule in agency.rules:
        if rule.id in owed or rule.id == typed.get("rule"):
            rules.setdefault(rule.document.title, []).append((rule.id, _short(rule.quote)))
    documents = {agency.catalogue.rules[id_].document.id for id_ in owed} | {typed.get("document")}
    within = dict.fromkeys([*_WITHIN, *filter(None, [typed.get("within")])])
    return Choices(
        units=[(unit.id, unit.name) for unit in agency.units.values() if viewer.sees(unit.id)],
        statuses=list(_STATUSES.items()),
        documents=[
            (one.id, one.title)
            for one in agency.catalogue.documents.values()
            if one.id in documents
        ],
        rules=rules,
        within=[(value, _within_in_words(value)) for value in within],
    )


def _within_in_words(value: str) -> str:
    if value.endswith("wd"):
        return f"{value.removesuffix('wd')}个工作日内"
    return f"{value.removesuffix('d')}日内"


def _short(quote: str) -> str:
    return quote if len(quote) <= _LONGEST else f"{quote[:_LONGEST]}…"
