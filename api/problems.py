"""Errors over HTTP: RFC 9457 problem+json with a stable `code` and a Chinese `detail`."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from starlette.exceptions import HTTPException

from api.errors import BadInput
from api.faults import fault_in_words
from api.refusals import database_in_words
from engine.errors import (
    BadAgency,
    BadBounce,
    BadDatabase,
    BadInterpretation,
    BadNotice,
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
    BadAgency: (409, "not_allowed"),
    BadInterpretation: (409, "not_allowed"),
}

_OF_STATUS = {
    400: ("bad_request", "请求体读不懂，应是 JSON"),
    401: ("unauthorized", "需要令牌：请在 Authorization 头中给出 Bearer 令牌"),
    403: ("forbidden", "未设令牌时只接受本机访问"),
    404: ("not_found", "没有这个地址"),
    413: ("too_large", "请求体超过 28 MB，请只留正文再载入"),
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


def install(app: FastAPI) -> None:
    """Every refusal and every failure of the application answers with a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(EngineError, _of_engine)
    app.add_exception_handler(RulesError, _of_rules)
    app.add_exception_handler(DBAPIError, _of_database)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unexpected)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = "".join(f"{step}：" for step in first["loc"][1:] if isinstance(step, str))
    return problem(422, "invalid_request", f"{place}{fault_in_words(first)}")


async def _bad_input(_request: Request, error: Exception) -> JSONResponse:
    return problem(422, "invalid_request", str(error))


async def _of_engine(_request: Request, error: Exception) -> JSONResponse:
    for kind, (status, code) in _OF_ENGINE.items():
        if isinstance(error, kind):
            return problem(status, code, str(error))
    log.error("engine refused: %s", error)
    return problem(500, "internal_error", str(error))


async def _of_rules(_request: Request, error: Exception) -> JSONResponse:
    return problem(422, "rule_refused", str(error))


async def _of_database(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)
    if isinstance(error, DataError):
        return problem(422, "invalid_request", database_in_words(error))
    if isinstance(error, OperationalError):
        log.error("database: %s", error.orig)
        return problem(503, "database_unavailable", database_in_words(error))
    return await _unexpected(_request, error)


async def _of_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, detail = _OF_STATUS.get(error.status_code, ("http_error", "请求不能处理"))
    return problem(error.status_code, code, detail, error.headers)


async def _unexpected(_request: Request, error: Exception) -> JSONResponse:
    log.error("request failed", exc_info=error)
    return problem(500, "internal_error", "服务内部出错，详情见服务日志")
