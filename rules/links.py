"""Rules that name other rules: the links are checked, and made to hold in both directions."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from rules.clauses import Clause
from rules.errors import CatalogueError
from rules.rule import Rule


def linked(entries: Iterable[tuple[Path, Rule]]) -> dict[str, Rule]:
    """All rules by id, `same_as` completed in both directions; raises CatalogueError."""
    entries = list(entries)
    rules = {rule.id: rule for _, rule in entries}
    same: dict[str, list[str]] = {id_: list(rule.same_as) for id_, rule in rules.items()}
    for path, rule in entries:
        _check(f"{path}：规则 {rule.id} ", rule, rules)
        for other in rule.same_as:
            if rule.id not in same[other]:
                same[other].append(rule.id)
    return {id_: replace(rule, same_as=tuple(same[id_])) for id_, rule in rules.items()}


def check_clauses(entries: Iterable[tuple[Path, Clause]], rules: Mapping[str, Rule]) -> None:
    """Each clause names rules of its own text; raises CatalogueError."""
    for path, clause in entries:
        place = f"{path}：计时条款 {clause.id} "
        _known(place, "rules", clause.rules, rules)
        for id_ in clause.rules:
            if rules[id_].text != clause.text:
                raise CatalogueError(f"{place}的 rules 中“{id_}”不在同一文本中，请改正")


def rules_in_force(rules: Mapping[str, Rule], id_: str, day: date) -> tuple[Rule, ...]:
    """The wordings of a rule that are in force on a day: itself, an earlier or a later one.

    Usually one; several where a later wording divided the rule, none outside their days.
    Raises KeyError when there is no such rule.
    """
    rule = rules[id_]
    if rule.in_force(day):
        return (rule,)
    if rule.since and day < rule.since:
        return rules_in_force(rules, rule.replaces, day) if rule.replaces else ()
    later = [r for r in rules.values() if r.replaces == id_ and r.since and r.since <= day]
    return tuple(found for other in later for found in rules_in_force(rules, other.id, day))


def later_wordings(rules: Mapping[str, Rule], id_: str) -> tuple[str, ...]:
    """A rule's id and those of the wordings that replaced it, one after the other."""
    found = [id_]
    for one in found:
        found += [rule.id for rule in rules.values() if rule.replaces == one]
    return tuple(found)


def rules_referred_to(rules: Mapping[str, Rule], id_: str, day: date) -> tuple[Rule, ...]:
    """The rules that a reference (法定时限) means, as worded on the day of the event."""
    return tuple(
        found for other in rules[id_].refers_to for found in rules_in_force(rules, other, day)
    )


def _check(place: str, rule: Rule, rules: Mapping[str, Rule]) -> None:
    _known(place, "same_as", rule.same_as, rules)
    _known(place, "refers_to", rule.refers_to, rules)
    _known(place, "starts_after", filter(None, [rule.starts_after]), rules)
    _known(place, "replaces", filter(None, [rule.replaces]), rules)
    for key, ids in (("same_as", rule.same_as), ("refers_to", rule.refers_to)):
        if rule.id in ids:
            raise CatalogueError(f"{place}的 {key} 是它自己，请改正")
    if rule.starts_after == rule.id:
        raise CatalogueError(f"{place}的 starts_after 是它自己，请改正")
    if _comes_back(rule, rules):
        raise CatalogueError(f"{place}的 starts_after 绕成了圈，谁也无从开始，请改正")
    for id_ in rule.same_as:
        if rules[id_].document.id == rule.document.id:
            raise CatalogueError(f"{place}的 same_as 中“{id_}”在同一文件中，只能写别的文件的规则")
    if rule.replaces:
        _check_earlier(place, rule, rules[rule.replaces])


def _comes_back(rule: Rule, rules: Mapping[str, Rule]) -> bool:
    """Does a rule, over the rules whose completion each begins the next, start after itself?"""
    seen: list[str] = []
    next_ = rule.starts_after
    while next_ in rules and next_ not in seen:
        seen.append(next_)
        next_ = rules[next_].starts_after
    return rule.id in seen


def _check_earlier(place: str, rule: Rule, earlier: Rule) -> None:
    """Days that follow each other: so a line of wordings has an end and no day has two of them."""
    if earlier.document.id != rule.document.id:
        raise CatalogueError(f"{place}的 replaces “{earlier.id}”不在同一文件中，请改正")
    if not (earlier.until and rule.since and earlier.until < rule.since):
        raise CatalogueError(
            f"{place}的 replaces “{earlier.id}”没有在本规则施行之前失效，请写明二者的 from 和 until"
        )


def _known(place: str, key: str, ids: Iterable[str], rules: Mapping[str, Rule]) -> None:
    for id_ in ids:
        if id_ not in rules:
            raise CatalogueError(f"{place}的 {key} “{id_}”不在目录中，请改为已有规则的 id")
