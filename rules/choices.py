"""取法 Choices: what a value settles of the questions that law or paper leave open."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rules.errors import TermError


@dataclass(frozen=True)
class Choices:
    """取法: what a value settles of the questions that law or paper leave open; None: not settled.

    `roll`: does a last day that is a day off move to the next working day? `before`: is the day
    that 前 names included? `first`: is the day of the event counted?
    """

    roll: bool | None = None
    before: bool | None = None
    first: bool | None = None

    @classmethod
    def parse(cls, options: Iterable[str], allowed: Collection[str], text: str) -> "Choices":
        """`roll=no`, `before=included` and so on, of those allowed; raises TermError."""
        found: dict[str, bool] = {}
        for option in options:
            key, _, word = option.partition("=")
            if key not in allowed or word not in CHOICES[key]:
                known = "、".join(f"{k}={w}" for k in CHOICES if k in allowed for w in CHOICES[k])
                usable = f"，可用：{known}" if known else "，这里不能有"
                raise TermError(f"“{text}”中的“{option}”不合规定{usable}")
            if key in found:
                raise TermError(f"“{text}”中 {key} 出现了两次，只能留一个")
            found[key] = CHOICES[key][word]
        return cls(**found)

    def in_words(self) -> str:
        """`，逢休息日不顺延`; empty where nothing is settled."""
        return "".join(
            words
            for settled, words in (
                (self.first is True, "，起算当日计入"),
                (self.before is True, "，含当日"),
                (self.before is False, "，不含当日"),
                (self.roll is True, "，逢休息日顺延"),
                (self.roll is False, "，逢休息日不顺延"),
            )
            if settled
        )


CHOICES = {
    "first": {"counted": True},
    "before": {"included": True, "excluded": False},
    "roll": {"yes": True, "no": False},
}
NO_CHOICES = Choices()
