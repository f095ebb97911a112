"""What tomllib finds wrong with a file, in Chinese, with the line."""

import re

_FAULTS = {
    "Invalid date or datetime": "日期不存在或写法不对",
    "Cannot overwrite a value": "同一项写了两次",
    "Cannot declare": "同一张表写了两次",
    "Invalid value": "值的写法不对",
    "Unclosed array": "方括号没有合上",
    "Expected '=' after a key in a key/value pair": "键后面缺少等号",
    "Illegal character": "有不允许的字符",
    "Exceeds the limit": "数字太长",
    "maximum recursion": "嵌套太深",
}
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def toml_fault(message: str) -> str:
    """tomllib's message in Chinese, with its place."""
    words = next((w for start, w in _FAULTS.items() if message.startswith(start)), "写法不对")
    place = _PLACE.search(message)
    line = f"第{place[1]}行" if place else ""
    return f"{line or '文件末尾' * ('at end of document' in message)}{words}"
