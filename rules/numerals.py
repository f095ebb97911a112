"""数字: numbers as Chinese papers write them: 30, 三十, 两, 二〇一九."""

NUMBER = r"(?:[0-9]{1,4}|[一二两三四五六七八九十百廿]{1,6})"
SMALL = r"(?:[0-9]{1,2}|[一二三四五六七八九十廿]{1,4})"
YEAR = r"(?:[12][0-9]{3}|[一二][〇一二三四五六七八九]{3})"

_DIGITS = {"〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4}
_DIGITS |= {"五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_PLACES = {"十": 10, "百": 100}


def number(text: str) -> int | None:
    """The whole number that the numeral says; None when it is no numeral (十十, 三四)."""
    if text.isascii():
        return int(text) if text.isdecimal() else None
    total, pending = 0, None
    least = 1000
    for character in text.replace("廿", "二十"):
        if character in _PLACES:
            place = _PLACES[character]
            if place >= least:
                return None
            total += (1 if pending is None else pending) * place
            pending, least = None, place
        elif character in _DIGITS and not pending:
            pending = _DIGITS[character]
        else:
            return None
    return total + (pending or 0)


def year(text: str) -> int | None:
    """2019 or 二〇一九."""
    digits = "".join(str(_DIGITS.get(character, character)) for character in text)
    return int(digits) if len(digits) == 4 and digits.isdecimal() else None
