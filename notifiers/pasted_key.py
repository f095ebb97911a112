"""The key of a group robot, from whatever an officer pasted."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl

from notifiers.settings import Settings
from notifiers.web_address import split_address

_KEY = re.compile(r"[0-9A-Za-z_-]{8,128}")
# The sample keys of WeCom's own pages (path/91770 and its older editions), and words that stand
# in instructions where the key should go.
_SAMPLES = ("0ec2sifa5aaa", "633a31f6-7f9c-4bc4-97a0-0ec1eefa5898")
_PLACEHOLDERS = ("xxx", "your", "example", "sample", "placeholder", "changeme", "replace")


@dataclass(frozen=True)
class Place:
    """Where a vendor's address carries the key: in a parameter, else as the last step of `path`."""

    path: str
    parameter: str = ""


def read_key(given: Settings, name: str, base: SplitResult, place: Place) -> str:
    """The bare key out of the setting `name`, a bare key or a whole address that begins with
    `base`. Raises ChannelConfigError with the fault named."""
    try:
        return _find_key(given.text(name), base, place)
    except ValueError as fault:
        raise given.refuse(name, str(fault)) from None


def _find_key(pasted: str, base: SplitResult, place: Place) -> str:
    """Raises ValueError with the fault as half a Chinese sentence."""
    key = _key_of_address(pasted, base, place) if re.search(r"[/?=]", pasted) else pasted
    if _is_placeholder(key):
        raise ValueError("是说明书里的示例，请填入群主在机器人页面复制的真实地址")
    if not _KEY.fullmatch(key):
        raise ValueError("不是有效的密钥，请从机器人页面重新复制整个地址")
    return key


def _key_of_address(pasted: str, base: SplitResult, place: Place) -> str:
    # http is compared with the base below, which the administrator has answered for.
    address = split_address(pasted, allow_http=True)
    path = base.path + place.path
    start, key = (address.path, "") if place.parameter else _last_step(address.path)
    faults = (
        (address.scheme != base.scheme, f"应以 {base.scheme}:// 开头"),
        (
            address.hostname != base.hostname,
            f"的主机应为 {base.hostname}，请核对是否粘贴了别家的地址",
        ),
        (address.netloc.lower() != base.netloc.lower(), "里的端口不对，请照机器人页面原样复制"),
        (start != path, f"的路径应为 {path}"),
        (address.query and not place.parameter, "的地址里“?”及其后的内容多余，请去掉"),
    )
    for wrong, fault in faults:
        if wrong:
            raise ValueError(fault)
    return _key_of_query(address.query, place.parameter) if place.parameter else key


def _last_step(path: str) -> tuple[str, str]:
    start, slash, step = path.rpartition("/")
    return start + slash, step


def _key_of_query(query: str, parameter: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    keys = [value for name, value in pairs if name == parameter]
    if not keys:
        raise ValueError(f"的地址里没有 {parameter}= 部分，请重新复制整个地址")
    if len(keys) > 1:
        raise ValueError(f"的地址里有两个 {parameter}，请只留一个")
    if len(pairs) > 1:
        raise ValueError(f"的地址里除 {parameter} 外还有别的参数，请去掉")
    return keys[0]


def _is_placeholder(key: str) -> bool:
    lower = key.lower()
    one_character = len(set(lower) - {"-"}) == 1
    return one_character or any(word in lower for word in (*_SAMPLES, *_PLACEHOLDERS))
