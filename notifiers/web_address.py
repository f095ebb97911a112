"""Web addresses as people paste them into a configuration: checked once, before any request."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import httpx


def split_address(text: str, allow_http: bool) -> SplitResult:
    """The parts of a web address. Raises ValueError with the fault as half a Chinese sentence."""
    address = _split(text)
    if address.scheme not in ("https", "http") or not address.hostname:
        raise ValueError("不是完整的网址，应以 https:// 开头")
    if "@" in address.netloc:
        raise ValueError("里带有用户名或口令，请去掉主机名前面的部分")
    if "#" in text:
        raise ValueError("里带有“#”及其后的内容，请去掉")
    if address.scheme == "http" and not (allow_http or _is_loopback(address.hostname)):
        raise ValueError("是明文的 http，请改用 https；确在内网时另设 allow_http = true")
    return address


def _split(text: str) -> SplitResult:
    if text.count("://") > 1:
        raise ValueError("像是把地址粘贴了两遍，请只留一遍")
    if any(character.isspace() for character in text):
        raise ValueError("里有空格或换行，请去掉")
    try:
        address = urlsplit(text)
        _ = address.port, httpx.URL(text)  # both look closer than urlsplit
    except (ValueError, httpx.InvalidURL):
        raise ValueError("不是有效的网址，请重新复制") from None
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
