"""Reading the settings of one channel: strict, and silent about what stands in them."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import SplitResult

from notifiers.errors import ChannelConfigError
from notifiers.web_address import split_address


class Settings:
    """The settings of one channel; every method raises ChannelConfigError that names the key."""

    def __init__(self, kind: str, values: Mapping[str, Any], known: Collection[str]) -> None:
        self._kind = kind
        self._values = values
        for key in values:
            if key not in known:
                may_be = f"可以写的有：{'、'.join(known)}" if known else "它不需要任何设置"
                raise ChannelConfigError(f"{kind} 渠道不认识“{key}”，{may_be}。")

    def refuse(self, key: str, fault: str) -> ChannelConfigError:
        """The error for one key; `fault` says what is wrong and the way out, never the value."""
        return ChannelConfigError(f"{self._kind} 渠道的“{key}”{fault}。")

    def text(self, key: str, default: str | None = None) -> str:
        """Text without surrounding space. Without a default it must be there and not be empty."""
        value = self._read(key, default)
        if not isinstance(value, str):
            raise self.refuse(key, "应为带引号的文字")
        if default is None and not value.strip():
            raise self.refuse(key, "为空，请在配置中填写")
        return value.strip()

    def word(self, key: str, most: int) -> str:
        """At most `most` characters on one line; empty where the key is not there."""
        value = self.text(key, "")
        if len(value) > most or len(value.splitlines()) > 1:
            raise self.refuse(key, f"应为一行、至多 {most} 个字")
        return value

    def choice(self, key: str, options: Collection[str], default: str) -> str:
        value = self.text(key, default)
        if value not in options:
            raise self.refuse(key, f"只能是 {'、'.join(options)} 之一")
        return value

    def flag(self, key: str) -> bool:
        value = self._read(key, False)
        if not isinstance(value, bool):
            raise self.refuse(key, "应为 true 或 false（不带引号）")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is not there."""
        value = self._read(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.refuse(key, '应为文字的列表，例如 ["甲", "乙"]')
        if key in self._values and not all(map(str.strip, value or [""])):
            raise self.refuse(key, "为空，请填写，或去掉这一行")
        return tuple(one.strip() for one in value)

    def address(self, key: str, default: str | None = None) -> SplitResult:
        """An address to send to; `allow_http` of the same channel says whether clear text will
        do."""
        return self._split(key, self.text(key, default), self.flag("allow_http"))

    def link(self, key: str, required: bool) -> str:
        """An address for people to open, in clear text as well; empty where there need be none."""
        if not required and key not in self._values:
            return ""
        return self._split(key, self.text(key), allow_http=True).geturl()

    def _split(self, key: str, text: str, allow_http: bool) -> SplitResult:
        try:
            return split_address(text, allow_http)
        except ValueError as fault:
            raise self.refuse(key, str(fault)) from None

    def api_base(self, vendor: str) -> SplitResult:
        """Where a vendor's interface begins: `vendor`, or a private edition's own address."""
        base = self.address("api_base", vendor)
        if base.query:
            raise self.refuse("api_base", "里带有“?”及其后的内容，请去掉")
        return base._replace(path=base.path.rstrip("/"))

    def whole(self, key: str, default: int | None, highest: int) -> int:
        """A whole number from 1 to `highest`. Without a default it must be there."""
        value = self._read(key, default)
        # True is an int in Python; in a settings file it is a mistake.
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
            raise self.refuse(key, f"应为 1 到 {highest} 的整数（不带引号）")
        return value

    def _read(self, key: str, default: object) -> object:
        value = self._values.get(key, default)
        if value is None:
            raise ChannelConfigError(f"{self._kind} 渠道缺少“{key}”，请在配置中填写。")
        return value
