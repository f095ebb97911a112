"""从表格导入: a file, what it would change, and then the import."""

from base64 import urlsafe_b64encode
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Viewing, running
from api.document_rows import impact_in_words
from api.errors import BadInput
from api.rendering import templates
from api.table_import import EFFECT_NAMES, MOST_CHANGES, Imported, Table, TableImport, decoded
from api.unit_form import typed
from api.viewer import Viewer
from api.workbook_reading import LARGEST_FILE
from api.workbook_template import import_template
from engine.registering import Decision
from engine.workdays import WorkCalendar

router = APIRouter(prefix="/import")
SHOWN = 200  # faults
SAID = {"done": "已导入。", "same": "表中的内容都已经有了，没有改动。"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("")
async def form(request: Request, said: str = "") -> Response:
    """选择文件."""
    return _page(request, said=SAID.get(said, ""))


@router.get("/template")
async def template(agency: AgencyNow) -> Response:
    """下载模板."""
    headers = {"Content-Disposition": 'attachment; filename="qixian-import.xlsx"'}
    return Response(await run_in_threadpool(import_template, agency), 200, headers, _XLSX)


@router.post("")
async def preview(request: Request, calendar: CalendarNow, now: Now, viewer: Viewing) -> Response:
    """预览: nothing is changed."""
    async with request.form() as filled:
        reason, file = typed(filled, "reason"), filled.get("file")
        content = await file.read(LARGEST_FILE + 1) if isinstance(file, UploadFile) else b""
        name = file.filename if isinstance(file, UploadFile) else ""
    try:
        if not name:
            raise BadInput("请选择一个 .xlsx 文件")
        table = Table(_shown(name), content)
        done = await _look(request, viewer, calendar, table, _decision(viewer, reason, table, now))
    except BadInput as refused:
        return _page(request, fault=str(refused), reason=reason, status=422)
    return _shown_page(request, done, table, reason)


@router.post("/apply")
async def apply(request: Request, calendar: CalendarNow, now: Now, viewer: Viewing) -> Response:
    """导入 what the preview showed; looked at again."""
    filled = await request.form()
    reason = typed(filled, "reason")
    try:
        table = Table(_shown(typed(filled, "name")), decoded(typed(filled, "content")))
        decision = _decision(viewer, reason, table, now)
        done = await _look(request, viewer, calendar, table, decision, dry_run=False)
    except BadInput as refused:
        return _page(request, fault=str(refused), reason=reason, status=422)
    if done.faults:
        return _shown_page(request, done, table, reason)
    said = "done" if done.report.changes_something else "same"
    return RedirectResponse(f"/import?said={said}", 303)


async def _look(
    request: Request,
    viewer: Viewer,
    calendar: WorkCalendar,
    table: Table,
    decision: Decision,
    dry_run: bool = True,
) -> Imported:
    process = running(request)
    doors = TableImport(process.db, process.current, calendar, viewer.units)
    return await run_in_threadpool(doors.look, table, decision, dry_run)


def _decision(viewer: Viewer, reason: str, table: Table, now: Now) -> Decision:
    """Raises BadInput."""
    if not reason.isprintable() or len(reason) > 1000:
        raise BadInput("理由应写在一行内")
    return Decision(viewer.acts_as(None), reason or f"导入 {table.name}", now)


def _shown(name: str) -> str:
    """A file's name as it may stand in a sentence."""
    return "".join(sign for sign in name if sign.isprintable())[-100:] or "x"


def _shown_page(request: Request, done: Imported, table: Table, reason: str) -> Response:
    """The preview, or the faults of the table."""
    if done.faults:
        faults = [words for _, words in done.faults]
        more = max(0, len(faults) - SHOWN)
        told: dict[str, Any] = {"faults": faults[:SHOWN], "more": more}
        return _page(request, fault=f"{done.refusal}。", reason=reason, status=422, **told)
    report = done.report
    shown: dict[str, Any] = {
        "name": table.name,
        "content": urlsafe_b64encode(table.content).decode(),
        "counts": report.counts,
        "effects": EFFECT_NAMES,
        "changes": report.changes[:MOST_CHANGES],
        "more": max(0, len(report.changes) - MOST_CHANGES),
        "moves": list(impact_in_words(done.impact)),
        "useful": report.changes_something,
    }
    return _page(request, reason=reason, preview=shown)


def _page(request: Request, status: int = 200, **context: Any) -> Response:
    context = {"said": "", "fault": "", "reason": "", "faults": [], "preview": None} | context
    return templates.TemplateResponse(request, "import.html", context, status)
