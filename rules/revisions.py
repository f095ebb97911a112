"""新旧对照 Revision: what a new version of a document adds, changes and ends."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rules.rule import Rule


@dataclass(frozen=True)
class Revision:
    """新旧对照. Rules by id, in the order of the files; `changed` holds (before, after)."""

    added: tuple[Rule, ...]
    changed: tuple[tuple[Rule, Rule], ...]
    ended: tuple[Rule, ...]


def revision(before: Iterable[Rule], after: Iterable[Rule]) -> Revision:
    """The difference between two versions; a change of the document's own data is none."""
    old, new = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    both = [(old[id_], rule) for id_, rule in new.items() if id_ in old]
    return Revision(
        added=tuple(rule for id_, rule in new.items() if id_ not in old),
        changed=tuple(
            pair for pair in both if replace(pair[0], document=pair[1].document) != pair[1]
        ),
        ended=tuple(rule for id_, rule in old.items() if id_ not in new),
    )
