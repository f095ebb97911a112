"""新旧文本 Succession: what a document's text says beside the rules that the catalogue has of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rules.audit import MissingQuote, Standing, Unbroken, Verdict, audit, coverage
from rules.catalogue_files import Catalogue
from rules.reader import Hit
from rules.rule import Rule

# How much of a rule's quote the sentence that amends it must still hold, in runs of two or more.
_ALIKE = 0.55


@dataclass(frozen=True)
class Succession:
    """新旧文本. `added` are requirements that no rule has, `changed` pairs a rule whose quote the
    text does not hold with the requirement that reads most like it, `ended` has no such."""

    verdicts: tuple[Verdict, ...]
    missing: tuple[MissingQuote, ...]
    added: tuple[Hit, ...]
    changed: tuple[tuple[Rule, Hit], ...]
    ended: tuple[Rule, ...]


def succession(text: str, text_id: str, hits: Sequence[Hit], catalogue: Catalogue) -> Succession:
    """Compare a text with the rules that are said to stand in it. Raises UnknownText."""
    missing = coverage(text, text_id, catalogue)
    verdicts = audited(text, text_id, hits, catalogue)
    open_hits = [
        hit
        for hit, verdict in zip(hits, verdicts, strict=True)
        if verdict.standing is Standing.OPEN
    ]
    unbroken = Unbroken.of(text)
    gone = [
        rule
        for rule in catalogue.rules.values()
        if rule.text == text_id and catalogue.stands(rule)
        if not unbroken.holds(rule.quote)
    ]
    pairs = dict(_alike(gone, open_hits))
    taken = set(pairs.values())
    return Succession(
        verdicts,
        missing,
        added=tuple(hit for hit in open_hits if hit not in taken),
        changed=tuple((rule, pairs[rule.id]) for rule in gone if rule.id in pairs),
        ended=tuple(rule for rule in gone if rule.id not in pairs),
    )


def audited(
    text: str, text_id: str, hits: Sequence[Hit], catalogue: Catalogue
) -> tuple[Verdict, ...]:
    """How each time phrase of a text stands in the catalogue."""
    own = (rule for rule in catalogue.rules.values() if rule.text == text_id)
    rules = (rule for rule in own if catalogue.stands(rule))
    clauses = (clause for clause in catalogue.clauses.values() if clause.text == text_id)
    dismissed = (one for one in catalogue.dismissed if one.text == text_id)
    return audit(text, hits, [*rules, *clauses], dismissed)


def _alike(rules: Sequence[Rule], hits: Sequence[Hit]) -> Iterator[tuple[str, Hit]]:
    """Pairs of a lost rule and a requirement, the most alike first, each used once."""
    shares: list[tuple[float, int, int]] = []
    for number, hit in enumerate(hits):
        matcher = SequenceMatcher(b=hit.quote, autojunk=False)
        for place, rule in enumerate(rules):
            matcher.set_seq1(rule.quote)
            held = sum(run.size for run in matcher.get_matching_blocks() if run.size > 1)
            if held > _ALIKE * len(rule.quote):
                shares.append((-held / len(rule.quote), place, number))
    used_rules: set[int] = set()
    used_hits: set[int] = set()
    for _, place, number in sorted(shares):
        if place not in used_rules and number not in used_hits:
            used_rules.add(place)
            used_hits.add(number)
            yield rules[place].id, hits[number]
