"""A browser without a screen: it keeps cookies, follows nothing by itself, and fills in forms."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from httpx import Response
from office import LOCAL, Client, Office

from engine.accounts import Role, add_account
from engine.database import writing

PASSWORD = "长城内外-2026年"


class Browser:
    """One person's browser. `base` is the address that he typed."""

    def __init__(self, office: Office, base: str = LOCAL, address: str = "127.0.0.1") -> None:
        self.office, self.base, self.address = office, base, address
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Response:
        return self._ask("GET", path, headers)

    def submit(self, path: str, at: str = "", **fields: str) -> Response:
        """Fill in the form of a page (the one at `path` unless said) and send it."""
        page = self.get(at or path)
        form = {"csrf": token_of(page), **fields}
        return self._ask("POST", path, {"origin": self.base}, data=form)

    def upload(self, path: str, name: str, content: bytes, **fields: str) -> Response:
        """The same form with a file in it."""
        form = {"csrf": token_of(self.get(path)), **fields}
        files = {"file": (name, content)}
        return self._ask("POST", path, {"origin": self.base}, data=form, files=files)

    def sign_in(self, name: str = "zhangsan", password: str = PASSWORD, **fields: str) -> Response:
        return self.submit("/sign-in", name=name, password=password, **fields)

    def post(self, path: str, form: Mapping[str, str | list[str]], **headers: str) -> Response:
        """A form as it is given, without looking at a page first."""
        return self._ask("POST", path, headers, data=form)

    def _ask(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> Response:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {"accept": "text/html", **({"cookie": held} if held else {})}
        client = Client(self.office.app, own, (self.address, 50_000))
        answer = client.request(method, f"{self.base}{path}", headers=headers, **more)
        for given in answer.headers.get_list("set-cookie"):
            name, _, rest = given.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.cookies[name] = value
            if "Max-Age=0" in given:
                del self.cookies[name]
        return answer


def token_of(page: Response) -> str:
    """The token in the form of a page; the last one, after that of the head."""
    found = re.findall(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return str(found[-1])


def fault(page: Response) -> str:
    """What a page says went wrong."""
    found = re.search(r'class="fault"[^>]*>(.*?)</p>', page.text, re.DOTALL)
    assert found, page.text
    return unescape(found[1])


def signed_in(office: Office, role: Role = Role.OFFICE, unit: str = "") -> Browser:
    """The browser of 张三, who has an account and has signed in."""
    with writing(office.db) as session:
        add_account(
            session,
            office.agency.units,
            name="zhangsan",
            shown_name="张三",
            role=role,
            unit=unit,
            password=PASSWORD,
            by="测试",
            now=office.now,
            address="",
        )
    browser = Browser(office)
    assert browser.sign_in().status_code == 303
    return browser


def words(answer: Response, status: int = 200) -> str:
    """What a page says, without its markup."""
    assert answer.status_code == status, answer.text
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))
