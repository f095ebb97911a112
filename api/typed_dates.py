"""Dates as people type them, on the command line and over HTTP; one sentence when they are not."""

from datetime import date, datetime

from api.errors import BadInput
from engine.instants import parse_event


def day(text: str, name: str) -> date:
    """A date; `name` is what the sentence calls it. Raises BadInput."""
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{name}“{text}”不是日期，应写作 2026-03-02") from None


def moment(text: str, name: str) -> date | datetime:
    """A day or an instant; without an offset in Asia/Shanghai. Raises BadInput."""
    try:
        return parse_event(text)
    except (ValueError, OverflowError):
        raise BadInput(
            f"{name}“{text}”不是日期或时刻，应写作 2026-03-02 或 2026-03-02T08:30+08:00"
        ) from None


def stretch(first: str, last: str) -> tuple[date, date]:
    """--from and --to. Raises BadInput."""
    start, end = day(first, "--from "), day(last, "--to ")
    if end < start:
        raise BadInput(f"--to {end} 早于 --from {start}")
    if (end - start).days > 3660:
        raise BadInput("--from 到 --to 不能超过十年")
    return start, end
