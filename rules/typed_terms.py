"""What a person types for a term: the grammar's own value, or the words of a paper (每月, 20个工作日内)."""

import re

from rules.errors import TermError
from rules.numerals import NUMBER
from rules.reader import read_document
from rules.terms import KIND_NAMES, Kind, Term

EXAMPLES = {
    Kind.PERIODIC: (
        *("每月", "每周五前", "每季度", "每半年", "每年1月31日前", "每个工作日"),
        *("每月15日前", "次月15日前", "每季度结束后15日内"),
    ),
    Kind.FIXED_DEADLINE: ("2026年12月31日前",),
    Kind.AFTER_EVENT: ("20个工作日内", "30日内", "3个月内", "5小时内"),
    Kind.BEFORE_EVENT: ("7日前", "10个工作日前"),
    Kind.WINDOW: ("2年内",),
}
_LONGEST = 100
# Frames that make a paper's sentence of the words; 7日前 needs an event, 20个工作日 a direction.
_FRAMES = {
    Kind.PERIODIC: ("{}",),
    Kind.FIXED_DEADLINE: ("{}", "{}前"),
    Kind.AFTER_EVENT: ("{}", "{}内"),
    Kind.BEFORE_EVENT: ("{}", "会议召开{}", "会议召开{}前"),
    Kind.WINDOW: ("{}", "{}内"),
}
# 每月一次, 每年至少两次: the reader counts them, but they are no part of its time phrase.
_TIMES = re.compile(rf"一次|1次|(?P<least>(?:至少|不少于)?{NUMBER}次)")


def typed_term(typed: str, *kinds: Kind) -> Term:
    """The term that is meant, of the first of the kinds that has it. Raises TermError, whose
    sentence says how it may be written."""
    typed = typed.strip()
    for kind in kinds:
        term = _term(typed, kind)
        if term:
            return term
    raise TermError(_refusal(typed, kinds))


def _term(typed: str, kind: Kind) -> Term | None:
    for value in (typed, *_read(typed, kind)):
        try:
            return Term.parse(kind, value)
        except TermError:
            continue
    return None


def _read(typed: str, kind: Kind) -> list[str]:
    """What the reader makes of the words, where it leaves none of them out."""
    if not typed or len(typed) > _LONGEST:
        return []
    # A length of time is told as a limit is.
    told = Kind.AFTER_EVENT if kind is Kind.WINDOW else kind
    found = []
    for frame in _FRAMES.get(kind, ()):
        sentence = frame.format(typed)
        hits = read_document(sentence).hits
        if len(hits) == 1 and hits[0].kind is told and hits[0].start == 0 and hits[0].value:
            rest = sentence[hits[0].end :]
            times = _TIMES.fullmatch(rest)
            if not rest or (times and (not times["least"] or ";min=" in hits[0].value)):
                found.append(hits[0].value)
    return found


def _refusal(typed: str, kinds: tuple[Kind, ...]) -> str:
    named = "、".join(f"“{KIND_NAMES[kind]}”" for kind in kinds)
    examples = [example for kind in kinds for example in EXAMPLES.get(kind, ())]
    if not examples:
        return f"类型{named}不写期限，“{typed}”请删去，或者改选类型"
    code = typed_term(examples[0], *kinds).value
    ways = f"可写{'、'.join(examples)}，或者代码，例如 {code}"
    if not typed:
        return f"期限没有写，{named}{ways}"
    other = next((one for one in EXAMPLES if _term(typed, one)), None)
    if other:
        return f"期限“{typed}”是“{KIND_NAMES[other]}”的写法，这里应是{named}，{ways}"
    return f"期限“{typed}”读不懂，{ways}"
