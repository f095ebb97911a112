"""The digest's markdown for robots that know no colours of WeCom's."""

import re

_FONT = re.compile(r"</?font[^<>]*>")


def without_colors(markdown: str) -> str:
    """`markdown` without font marks. Never longer. In the text itself < and > are full-width."""
    return _FONT.sub("", markdown)
