"""责任 Duty: one unit owes what one rule says, from a day on."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from engine.ladder import DEFAULT_LADDER, Ladder
from rules.rule import Rule


@dataclass(frozen=True)
class Duty:
    """责任. Owes what falls due from `since` to `until`, both included (None: without end).

    `implied_by` is the rule of the configured duty that a later wording carries on.
    """

    rule: str
    unit: str
    since: date
    until: date | None = None
    ladder: Ladder = DEFAULT_LADDER
    implied_by: str = ""

    @property
    def key(self) -> str:
        """`rule@unit`: one duty for each pair."""
        return f"{self.rule}@{self.unit}"

    def in_force(self, day: date) -> bool:
        """Does the duty owe what begins or falls due on this day?"""
        return self.since <= day and (self.until is None or day <= self.until)


def carried_on(duties: Mapping[str, Duty], rules: Mapping[str, Rule]) -> dict[str, Duty]:
    """The duties, and those by which a unit owes the later wordings of a rule that it owes.

    Where the unit has a duty for a later wording itself, that one counts; for one of several
    into which a rule was divided, the others are not its.
    """
    later: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules.values():
        later[rule.replaces].append(rule)
    found, waiting = dict(duties), list(duties.values())
    for duty in waiting:
        wordings = later[duty.rule]
        if any(f"{rule.id}@{duty.unit}" in duties for rule in wordings):
            continue
        for rule in wordings:
            since = max(duty.since, rule.since or duty.since)
            by = duty.implied_by or duty.rule
            implied = replace(duty, rule=rule.id, since=since, implied_by=by)
            if duty.until is None or since <= duty.until:
                found[implied.key] = implied
                waiting.append(implied)
    return found


def within_days_of(rule: Rule, duty: Duty) -> Duty:
    """The duty with the days on which it owes: its own, within the rule's days in force.

    What the law ends has ended. A yearly document merely runs out, and a duty that names its
    own end, or begins after the document's, adopts it for longer. A duty that ends before it
    begins owes nothing.
    """
    since = max(duty.since, rule.since or duty.since)
    return replace(duty, since=since, until=_last_day(rule, duty))


def _last_day(rule: Rule, duty: Duty) -> date | None:
    if rule.until is None:
        return duty.until
    if rule.document.wordings or rule.until != rule.document.until:  # a change of the law
        return min(rule.until, duty.until or rule.until)
    if duty.until or duty.since > rule.until:
        return duty.until
    return rule.until
