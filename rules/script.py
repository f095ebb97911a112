"""字形: traditional script, full-width digits and half-width punctuation read as one form.

Every character becomes exactly one character, so that offsets in the result are offsets in the
text. The reader works on this form only; what it reports is cut from the text as it stands.
"""

from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "traditional_characters.txt"

_WIDTHS = dict(zip("０１２３４５６７８９％", "0123456789%", strict=True))
_PUNCTUATION = {
    **dict(zip(",;:!?()[]", "，；：！？（）〔〕", strict=True)),
    **dict(zip("［］【】﹝﹞「」『』", "〔〕〔〕〔〕“”‘’", strict=True)),
    **dict(
        zip(
            "\t\u00a0\u2002\u2003\u2009\u3000\r\x0b\x0c\u2028\u2029\x85",
            " " * 7 + "\n" * 5,
            strict=True,
        )
    ),
    # Three ways to write the zero of 二〇一九, and 号 as a pictograph.
    "○": "〇",
    "零": "〇",
    "Ｏ": "〇",
}


@cache
def _table() -> dict[int, str]:
    table = {ord(key): value for key, value in (_WIDTHS | _PUNCTUATION).items()}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            simplified, _, traditional = line.partition(" ")
            table |= {ord(character): simplified for character in traditional}
    return table


def one_form(text: str) -> str:
    """The text in simplified script and uniform punctuation, character for character."""
    return text.translate(_table())
