"""The interface's description (OpenAPI): beside what the routes say, how each of them may refuse,
what all of them share, and an example of each."""

from typing import Any

from fastapi import FastAPI

from api.idempotency import HEADER, PATTERN, SECRET
from api.interface_examples import add_example, examples
from api.interface_tags import INTRODUCTION, tag_of, tags
from api.interface_webhooks import webhooks
from api.permissions import OPERATIONS, Permission

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457；code 是稳定的代号，detail 是一句中文说明",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_REFUSALS = {
    "400": ("bad_request", "请求体读不懂"),
    "401": ("unauthorized", "没有登录，或者接口令牌不对、已过期、已吊销"),
    "403": ("forbidden", "没有权限，或者请求来自别的网站"),
    "404": ("not_found", "没有这一项，或者它不在范围内"),
    "405": ("method_not_allowed", "这个地址不接受此方法"),
    "409": ("not_allowed", "现在的状态不允许，或者同一请求正在办理"),
    "413": ("too_large", "请求体太大"),
    "422": ("invalid_request", "请求的内容不能用"),
    "429": ("too_many_requests", "请求太多，Retry-After 写明几秒后再试"),
    "500": ("internal_error", "服务内部出错"),
    "503": ("database_unavailable", "服务还没有准备好，或者数据库不能用"),
}
_MOVED = ("precondition_failed", "其间有了变动，没有办理（If-Match）")
_ETAG = {"description": "随所显示的内容而变", "schema": {"type": "string"}}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "重发时原样带上：同一请求只办理一次，再次得到当时的答复；保留 24 小时",
    "schema": {"type": "string", "pattern": PATTERN},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the same refusals for every operation."""
    described = app.openapi()
    described["info"]["description"] = INTRODUCTION
    described["tags"], described["webhooks"] = tags(), webhooks()
    parts = described.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which we do not send
        schemas.pop(name, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            _complete(f"{method.upper()} {path}", path, operation)
    return described


def _complete(name: str, path: str, operation: dict[str, Any]) -> None:
    """What one operation does not say itself; the same when it is asked again."""
    is_open = OPERATIONS.get(name) is Permission.OPEN
    operation["security"] = [] if is_open else [{"token": []}]
    operation["tags"] = [tag_of(path)]
    operation["responses"] |= {status: _refusal(status, *_REFUSALS[status]) for status in _REFUSALS}
    _state_the_tags(operation)
    if name.startswith("POST /api/") and not path.startswith(SECRET):
        parameters = operation.setdefault("parameters", [])
        if _KEY not in parameters:
            parameters.append(_KEY)
    if name in examples():
        add_example(operation, examples()[name])


def _state_the_tags(operation: dict[str, Any]) -> None:
    """ETag and 304 of what is read with If-None-Match, 412 of what is changed with If-Match."""
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "If-None-Match" in names:
        operation["responses"]["200"]["headers"] = {"ETag": _ETAG}
        operation["responses"]["304"] = {"description": "没有变动", "headers": {"ETag": _ETAG}}
    if "If-Match" in names:
        operation["responses"]["412"] = _refusal("412", *_MOVED)


def _refusal(status: str, code: str, description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    example = {
        "type": "about:blank",
        "title": code,
        "status": int(status),
        "code": code,
        "detail": description,
    }
    answer: dict[str, Any] = {
        "description": description,
        "content": {"application/problem+json": {"schema": schema, "example": example}},
    }
    if status == "429":
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer
