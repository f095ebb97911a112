"""What pydantic finds wrong with a value, in Chinese."""

from typing import Any

_FAULTS = {
    "missing": "缺少这一项",
    "extra_forbidden": "不认识这一项，请检查拼写",
    "string_type": "应是带引号的文字",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "写法不对",
    "int_type": "应是整数",
    "bool_type": "应是 true 或 false",
    "list_type": "应是方括号括起的列表",
    "model_type": "应是一张表",
    "date_type": "应是不带引号的日期，例如 2026-01-01",
    "date_from_datetime_parsing": "不是日期，应写作 2026-03-02",
    "date_parsing": "不是日期，应写作 2026-03-02",
    "int_parsing": "应是整数",
    "json_invalid": "请求体不是正确的 JSON",
    "string_too_long": "太长",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "int_parsing_size": "数字太大",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "string_unicode": "含有不成对的字符",
    "model_attributes_type": "应是一个 JSON 对象",
}


def fault_in_words(error: Any) -> str:
    """A pydantic error in words; its own where we have none."""
    if error["type"] == "value_error":  # a sentence of our own
        return str(error["ctx"]["error"])
    if error["type"] in ("literal_error", "enum"):
        known = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"不是可用的值，可用：{'、'.join(known)}"
    words = _FAULTS.get(error["type"])
    return words.format(**error.get("ctx", {})) if words else str(error["msg"])
