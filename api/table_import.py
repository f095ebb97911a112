"""A table comes in, over the command line, the page or the interface: read, checked, and done."""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from api.document_rows import impact_row
from api.errors import BadInput
from api.import_sheets import Import, read_import
from api.workbook_reading import read_workbook
from engine.current_agency import CurrentAgency
from engine.importing import SHEETS, Fault, Report, carry_out_import, preview_import
from engine.registering import Decision, Effect
from engine.workdays import WorkCalendar

MOST_CHANGES = 200  # that are told in words
EFFECT_NAMES = {Effect.NEW: "新增", Effect.CHANGED: "变动", Effect.UNCHANGED: "不变"}


@dataclass(frozen=True)
class Table:
    """A file that somebody wants to import."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Imported:
    """What an import did or would do, or what is wrong with its table."""

    name: str
    applied: bool
    report: Report
    faults: tuple[tuple[Fault, str], ...]  # each in words
    letters: dict[tuple[str, str], str]

    @property
    def refusal(self) -> str:
        """In a sentence, where it is refused."""
        return f"{self.name}：有 {len(self.faults)} 处要改，没有导入任何内容"


Then = Callable[[Session, Imported], None] | None


@dataclass(frozen=True)
class TableImport:
    """Where tables come in. `visible` are the units of who imports, None for all."""

    db: Engine
    current: CurrentAgency
    calendar: WorkCalendar
    visible: Collection[str] | None

    def look(self, table: Table, decision: Decision, dry_run: bool, then: Then = None) -> Imported:
        """Import it, and call `then` in the same transaction; or say what that would do. With a fault
        nothing is done. Raises BadInput where it is no workbook."""
        sheets = read_workbook(table.name, table.content)
        read = read_import(table.name, sheets, self.current.agency(), self.visible)

        def told(session: Session, report: Report) -> None:
            if then:
                then(session, Imported(table.name, True, report, (), read.letters))

        only_looks = dry_run or bool(read.faults)
        place = (self.db, self.current, self.calendar, read.wanted, decision)
        report = preview_import(*place) if only_looks else carry_out_import(*place, told)
        if report.impact and self.visible is not None:
            report.impact = report.impact.as_seen(self.visible.__contains__)
        faults = _in_order(read, [*read.faults, *report.faults])
        applied = not (only_looks or faults)
        return Imported(table.name, applied, report, faults, read.letters)


def _in_order(read: Import, faults: list[Fault]) -> tuple[tuple[Fault, str], ...]:
    """By sheet, row and column, each once."""

    def place(fault: Fault) -> tuple[int, int, str, str]:
        letter = read.letters.get((fault.sheet, fault.column), fault.column)
        known = SHEETS.index(fault.sheet) if fault.sheet in SHEETS else len(SHEETS)
        return known, fault.row, letter, fault.text

    return tuple((fault, read.in_words(fault)) for fault in sorted(set(faults), key=place))


def fault_row(fault: Fault, words: str, letters: dict[tuple[str, str], str]) -> dict[str, Any]:
    """A fault; `column` is the letter, null where it is the row or the sheet."""
    return {
        "sheet": fault.sheet,
        "row": fault.row or None,
        "column": letters.get((fault.sheet, fault.column), fault.column) or None,
        "text": fault.text,
        "fault": words,
    }


def import_row(done: Imported) -> dict[str, Any]:
    """What an import did or would do."""
    counts = done.report.counts.items()
    return {
        "applied": done.applied,
        "sheets": {
            sheet: {effect.value: count[effect] for effect in Effect} for sheet, count in counts
        },
        "changes": done.report.changes[:MOST_CHANGES],
        "more_changes": max(0, len(done.report.changes) - MOST_CHANGES),
        "impact": impact_row(done.report.impact) if done.report.impact else None,
    }


def decoded(text: str) -> bytes:
    """What base64 in either alphabet stands for. Raises BadInput."""
    try:
        plain = text.encode("ascii").translate(bytes.maketrans(b"+/", b"-_"))
        return urlsafe_b64decode(plain)
    except ValueError:
        raise BadInput("content：不是 base64") from None
