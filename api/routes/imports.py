"""/api/v1/import: units, duties and completed obligations from a table"""

from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.dependencies import CalendarNow, Now, Viewing, running
from api.idempotency import Room, answered
from api.problems import problem
from api.schemas import By, Name, Text
from api.table_import import Imported, Table, TableImport, decoded, fault_row, import_row
from engine.registering import Decision

router = Room(prefix="/import")


class NewTable(BaseModel):
    """Body of `POST import`: the file in base64. With `dry_run` nothing is done."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(description="文件名，以 .xlsx 结尾")]
    content: Annotated[str, Field(min_length=1, description="文件，base64")]
    dry_run: bool = False
    by: By = None
    reason: Text = ""


@router.post("")
def imported(
    asked: NewTable, request: Request, calendar: CalendarNow, now: Now, viewer: Viewing
) -> Any:
    """导入表格: all of it or nothing. With a fault the answer is 422 with `faults`, each with its
    sheet, row and column. The template: `/import/template`."""
    process = running(request)
    reason = asked.reason or f"导入 {asked.name}"
    decision = Decision(viewer.acts_as(asked.by), reason, now)
    doors = TableImport(process.db, process.current, calendar, viewer.units)

    def keep(session: Session, done: Imported) -> None:
        answered(request, session, import_row(done))

    table = Table(asked.name, decoded(asked.content))
    done = doors.look(table, decision, asked.dry_run, keep)
    if done.faults:
        faults = [fault_row(fault, words, done.letters) for fault, words in done.faults]
        return problem(422, "import_refused", done.refusal, more={"faults": faults})
    return import_row(done)
