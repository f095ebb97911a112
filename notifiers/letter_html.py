"""A letter's text as HTML that Outlook, 网易 and QQ mail show alike.

Styles stand in the tags, for these drop style sheets; no picture, nothing from outside.
"""

import re
from html import escape

_LINK = re.compile(r"https?://[!#-;=?-~]+")  # printable ASCII without quotes and brackets
_AFTER_LINK = ".,;:!?)]}'"
_HEADING = re.compile(r"【.*】")
_NUMBERED = re.compile(r"[0-9]+\. ")
_PAGE = (
    "font-family:'Microsoft YaHei','PingFang SC',sans-serif;"
    "font-size:15px;line-height:1.7;color:#222222"
)
_TITLE = "margin:0 0 6px 0;font-size:18px;font-weight:bold"
_SECTION = "margin:14px 0 6px 0;font-weight:bold;color:#b03020"
_MATTER = "margin:8px 0 0 0;font-weight:bold"
_LINE = "margin:0"


def as_html(text: str) -> str:
    """One paragraph for each line: the first is the title, 【…】 a heading, “1. …” a matter."""
    lines = [line for line in text.splitlines() if line.strip()]
    shown = [_paragraph(line, first=number == 0) for number, line in enumerate(lines)]
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"></head>'
        f'<body><div style="{_PAGE}">\n' + "\n".join(shown) + "\n</div></body></html>\n"
    )


def _paragraph(line: str, first: bool) -> str:
    style = _LINE
    if first:
        style = _TITLE
    elif _HEADING.fullmatch(line):
        style = _SECTION
    elif _NUMBERED.match(line):
        style = _MATTER
    return f'<p style="{style}">{_linked(line)}</p>'


def _linked(line: str) -> str:
    """The line with its addresses as links; all else is text, whatever it looks like."""
    shown, end = "", 0
    for found in _LINK.finditer(line):
        address = found[0].rstrip(_AFTER_LINK)
        link = f'<a href="{escape(address)}">{escape(address)}</a>'
        shown += escape(line[end : found.start()]) + link
        end = found.start() + len(address)
    return shown + escape(line[end:])
