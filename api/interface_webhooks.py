"""The events that subscribers get, in the interface's description (OpenAPI 3.1: webhooks)."""

from typing import Any

from api.interface_examples import examples
from engine.news import NewsType

_TOLD = {
    NewsType.CREATED: "产生了一个待办事项",
    NewsType.MOVED: "到期日、到期时刻或宜办日变了；previous 是原来的",
    NewsType.DONE: "已办结",
    NewsType.LATE: "逾期了；同一到期日只告知一次",
    NewsType.WAIVED: "已免除，或者不再要求",
    NewsType.REOPENED: "恢复待办",
}
_HEADERS = {
    "webhook-id": "事件的编号；重发的不变，可据以去重",
    "webhook-timestamp": "发送的时刻，Unix 秒",
    "webhook-signature": "一个或几个（空格隔开）v1,BASE64(HMAC-SHA256)",
}


def webhooks() -> dict[str, Any]:
    """By event type."""
    return {type_.value: {"post": _told(type_)} for type_ in NewsType}


def _told(type_: NewsType) -> dict[str, Any]:
    content = {"schema": _schema(type_), "example": _example(type_)}
    return {
        "summary": _TOLD[type_],
        "tags": ["事件订阅"],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": "收下了"},
            "410": {"description": "不再接收：订阅随即停用"},
            "default": {"description": "稍后重发，次序不变"},
        },
    }


def _schema(type_: NewsType) -> dict[str, Any]:
    data = {
        "type": "object",
        "required": ["obligation", "previous"],
        "properties": {"obligation": {"type": "object"}, "previous": {"type": ["object", "null"]}},
    }
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": type_.value},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
    }


def _example(type_: NewsType) -> dict[str, Any]:
    page = examples().get("GET /api/v1/obligations", {}).get("answer", {})
    shown = {key: value for key, value in page["items"][0].items() if key != "acknowledged"}
    before = {"due_on": "2026-09-21", "due_at": None, "act_by": "2026-09-21"}
    data = {"obligation": shown, "previous": before if type_ is NewsType.MOVED else None}
    return {"type": type_.value, "timestamp": "2026-09-28T01:00:00+00:00", "data": data}
