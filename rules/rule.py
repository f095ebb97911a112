"""What a paper says, as frozen values: Document, Rule, and the worked Example of a rule."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.terms import Term


@dataclass(frozen=True)
class Document:
    """文件. `year` is the year that 年内 means in it; None where the text gives none."""

    id: str
    title: str
    number: str = ""  # 文号
    issuer: str = ""  # 发文机关
    adopted: date | None = None  # 成文日期
    published: date | None = None  # 发布日期
    year: int | None = None
    layout: str = ""
    note: str = ""


@dataclass(frozen=True)
class Example:
    """A worked example: for this event, period or reading the date is that one.

    A vague rule without a reading has the example `waits = true`: no date is given.
    """

    event: date | datetime | None = None
    period: str = ""
    reading: str = ""
    due_on: date | None = None
    due_at: datetime | None = None
    act_by: date | None = None
    waits: bool = False


@dataclass(frozen=True)
class Rule:
    """规则: one time requirement with the shortest verbatim quote (原文) that carries it.

    `trigger` (起算事由) is the event the term counts from, `holders` (责任主体) are named as in
    the document, `place` is where the quote stands, `hard` whether the words alone give a date.
    """

    id: str
    document: Document
    quote: str
    term: Term
    trigger: str
    holders: tuple[str, ...]
    place: str
    example: Example
    hard: bool
    note: str = ""
