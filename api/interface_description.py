"""The interface's description (OpenAPI): beside what the routes say, how each of them may refuse."""

from typing import Any

from fastapi import FastAPI

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
    "400": "请求体读不懂",
    "401": "没有登录，或者接口令牌不对、已过期、已吊销",
    "403": "没有权限，或者请求来自别的网站",
    "404": "没有这一项，或者它不在范围内",
    "405": "这个地址不接受此方法",
    "409": "现在的状态不允许",
    "413": "请求体太大",
    "422": "请求的内容不能用",
    "429": "请求太多，Retry-After 写明几秒后再试",
    "500": "服务内部出错",
    "503": "服务还没有准备好，或者数据库不能用",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the same refusals for every operation."""
    described = app.openapi()
    parts = described.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which we do not send
        schemas.pop(name, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            is_open = OPERATIONS.get(f"{method.upper()} {path}") is Permission.OPEN
            operation["security"] = [] if is_open else [{"token": []}]
            operation["responses"] |= {status: _refusal(status) for status in _REFUSALS}
    return described


def _refusal(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    answer: dict[str, Any] = {
        "description": _REFUSALS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status == "429":
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer
