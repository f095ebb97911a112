"""责任 Duty: one unit owes what one rule says, from a day on."""

from dataclasses import dataclass
from datetime import date

from engine.ladder import DEFAULT_LADDER, Ladder


@dataclass(frozen=True)
class Duty:
    """责任. Owes what falls due from `since` to `until`, both included (None: without end)."""

    rule: str
    unit: str
    since: date
    until: date | None = None
    ladder: Ladder = DEFAULT_LADDER

    @property
    def key(self) -> str:
        """`rule@unit`: one duty for each pair."""
        return f"{self.rule}@{self.unit}"

    def in_force(self, day: date) -> bool:
        """Does the duty owe what begins or falls due on this day?"""
        return self.since <= day and (self.until is None or day <= self.until)
