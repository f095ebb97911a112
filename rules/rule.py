"""What a paper says, as frozen values: Document, Rule, and the worked Example of a rule."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.terms import Term


@dataclass(frozen=True)
class Wording:
    """文本: one of several wordings of a document, with the days on which it is in force."""

    text: str
    number: str = ""
    adopted: date | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Document:
    """文件. `year` is the year that 年内 means in it; None where the text gives none.

    Its rules are in force from `since` to `until`, both included, None: without end. A document
    that was amended names its wordings (文本); its rules then say from which one they are.
    """

    id: str
    title: str
    number: str = ""  # 文号
    issuer: str = ""  # 发文机关
    adopted: date | None = None  # 成文日期
    published: date | None = None  # 发布日期
    year: int | None = None
    layout: str = ""
    note: str = ""
    since: date | None = None  # 施行之日
    until: date | None = None  # 有效的最后一日
    wordings: tuple[Wording, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The ids of the texts in which its quotes stand."""
        return tuple(wording.text for wording in self.wordings) or (self.id,)

    def number_of(self, text: str) -> str:
        """文号 of one of its texts, else its own."""
        return next((w.number for w in self.wordings if w.text == text), self.number)


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


class Anchor(StrEnum):
    """起算: does the paper say from which moment the term counts?"""

    STATED = "stated"
    ASSUMED = "assumed"  # it does not; the note says what is taken instead


class Share(StrEnum):
    """分工: how several holders owe one rule."""

    EACH = "each"  # 分别: each of them, for itself
    LEAD = "lead"  # 牵头: they answer for it, others take part
    UNKNOWN = "unknown"  # 按职责分工: one or some of them, and the paper does not say which


class HolderKind(StrEnum):
    """What the holders' names are."""

    NAMED = "named"  # a unit's name, or the field of a department
    CLASS = "class"  # 一类单位: 各地区各部门
    CONDITION = "condition"  # 符合条件的单位: 尚未完成编制的


@dataclass(frozen=True)
class Rule:
    """规则: one time requirement with the shortest verbatim quote (原文) that carries it.

    `trigger` (起算事由) is the event the term counts from, `holders` (责任主体) are named as in
    the document, `place` is where the quote stands, `hard` whether the words alone give a date.
    `exception` (除涉密事项外) and `softened` (争取) are words of the text, empty where there are
    none. The last four fields name other rules; `rules.links` checks them.
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
    text: str = ""  # the id of the text in which the quote stands
    since: date | None = None
    until: date | None = None
    anchor: Anchor = Anchor.STATED
    share: Share = Share.EACH
    holder_kind: HolderKind = HolderKind.NAMED
    exception: str = ""
    softened: str = ""
    starts_after: str = ""  # the rule whose completion begins this one
    same_as: tuple[str, ...] = ()  # the same duty in other documents
    refers_to: tuple[str, ...] = ()  # the rules that hold the limit this one only mentions
    replaces: str = ""  # the earlier wording of this rule

    @property
    def number(self) -> str:
        """文号 of the wording in which the quote stands, else of the document."""
        return self.document.number_of(self.text)

    def in_force(self, day: date) -> bool:
        """Is the rule in force on this day (施行期间, both ends included)?"""
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day <= self.until)
