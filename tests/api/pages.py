"""Pages as a person meets them: what he reads, and the forms that he sends."""

import re
from html import unescape
from typing import Any

from httpx import Response
from office import Client

HTML = {"accept": "text/html"}


def read(client: Client, path: str, status: int = 200) -> str:
    """The text of a page, entities resolved."""
    answer = client.get(path, headers={**client.headers, **HTML})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert not re.search(r"\sstyle=|\son[a-z]+=", answer.text)
    return unescape(answer.text)


def send(client: Client, path: str, **fields: Any) -> Response:
    """A form of ours, with the token that its page would carry."""
    return client.post(path, data=fields, headers={**client.headers, **HTML})


def rows(html: str) -> list[int]:
    """The numbers of the obligations of a list, in their order."""
    return [int(id_) for id_ in re.findall(r'<tr id="o(\d+)">', html)]


def fault(html: str) -> str:
    """What a page says went wrong."""
    found = re.search(r'class="fault" role="alert">(.*?)</p>', html, re.DOTALL)
    assert found, html
    return found[1]


def field(html: str, id_: str) -> str:
    """What stands in a field."""
    found = re.search(rf'<input id="{id_}"[^>]* value="([^"]*)"', html)
    assert found, id_
    return found[1]
