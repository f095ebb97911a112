"""Errors over HTTP: RFC 9457 problem+json with a stable `code` and a Chinese `detail`."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors import BadInput, Refused
from api.faults import fault_in_words
from api.idempotency import Replayed
from api.refusals import database_in_words
from api.rendering import templates
from engine.errors import (
    BadAccount,
    BadAgency,
    BadBounce,
    BadDatabase,
    BadInterpretation,
    BadNotice,
    BadSubscription,
    EngineError,
    NoDate,
    NotAllowed,
    NotFound,
    OutsideCalendar,
    UnknownTrigger,
)
from rules.errors import RulesError

log = logging.getLogger(__name__)

_OF_ENGINE: dict[type[EngineError], tuple[int, str]] = {
    NotFound: (404, "not_found"),
    NotAllowed: (409, "not_allowed"),
    UnknownTrigger: (422, "unknown_trigger"),
    BadNotice: (422, "notice_refused"),
    BadBounce: (422, "bounce_refused"),
    NoDate: (422, "no_date"),
    OutsideCalendar: (422, "outside_calendar"),
    BadDatabase: (503, "database_unavailable"),
    BadAccount: (422, "account_refused"),
    BadSubscription: (422, "subscription_refused"),
    BadAgency: (409, "not_allowed"),
    BadInterpretation: (409, "not_allowed"),
}

_OF_STATUS = {
    400: ("bad_request", "请求体读不懂，应是 JSON"),
    404: ("not_found", "没有这个地址"),
    413: ("too_large", "提交的内容太大，至多 28 MB（文件至多 20 MB），请只留正文再载入"),
    405: ("method_not_allowed", "这个地址不接受此方法"),
}


def problem(
    status: int, code: str, detail: str, headers: Any = None, more: Mapping[str, Any] | None = None
) -> JSONResponse:
    """One problem document; `more` are members beside the standard ones."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": code,
        "status": status,
        "code": code,
        "detail": detail,
    }
    body |= more or {}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def is_for_people(request: Request) -> bool:
    """Does a browser ask for a page? What programs ask for is answered to browsers as it is too."""
    api = request.url.path.startswith(("/api/", "/openapi.json"))
    return not api and "text/html" in request.headers.get("accept", "")


def refusal(request: Request, refused: Refused) -> Response:
    """The answer to one who may not."""
    return _answer(request, refused.status, refused.code, str(refused), refused.headers)


def _answer(request: Request, status: int, code: str, detail: str, headers: Any = None) -> Response:
    """A problem document, or for people a page that says the same."""
    if is_for_people(request):
        return templates.TemplateResponse(
            request, "refused.html", {"detail": detail}, status, headers
        )
    return problem(status, code, detail, headers)


def install(app: FastAPI) -> None:
    """Every refusal and every failure of the application answers with a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Replayed, _replayed)
    app.add_exception_handler(EngineError, _of_engine)
    app.add_exception_handler(RulesError, _of_rules)
    app.add_exception_handler(DBAPIError, _of_database)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unexpected)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = "".join(f"{step}：" for step in first["loc"][1:] if isinstance(step, str))
    return _answer(request, 422, "invalid_request", f"{place}{fault_in_words(first)}")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(request, error)


async def _replayed(_request: Request, again: Exception) -> Response:
    assert isinstance(again, Replayed)
    return again.response


async def _bad_input(request: Request, error: Exception) -> Response:
    return _answer(request, 422, "invalid_request", str(error))


async def _of_engine(request: Request, error: Exception) -> Response:
    for kind, (status, code) in _OF_ENGINE.items():
        if isinstance(error, kind):
            return _answer(request, status, code, str(error))
    log.error("engine refused: %s", error)
    return _answer(request, 500, "internal_error", str(error))


async def _of_rules(request: Request, error: Exception) -> Response:
    return _answer(request, 422, "rule_refused", str(error))


async def _of_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if isinstance(error, DataError):
        return _answer(request, 422, "invalid_request", database_in_words(error))
    if isinstance(error, OperationalError):
        log.error("database: %s", error.orig)
        return _answer(request, 503, "database_unavailable", database_in_words(error))
    return await _unexpected(request, error)


async def database_refusal(
    request: Request, error: EngineError | RulesError | DBAPIError
) -> Response:
    """The answer where the database fails, or holds what cannot be used, before a route is reached."""
    for kind, handler in ((EngineError, _of_engine), (RulesError, _of_rules)):
        if isinstance(error, kind):
            return await handler(request, error)
    return await _of_database(request, error)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, detail = _OF_STATUS.get(error.status_code, ("http_error", "请求不能处理"))
    return _answer(request, error.status_code, code, detail, error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return _answer(request, 500, "internal_error", "服务内部出错，详情见服务日志")
