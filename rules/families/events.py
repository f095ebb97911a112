"""起算事由: the event that a limit counts from, read from the words before the limit."""

import re

from rules.amount_words import AMOUNT

# The event begins after the modal verb and the preposition: 应当自|收到申请之日起.
# 回应, 要点, 许可 hold the letters of a modal verb and are none.
MODAL = r"(?:(?<![回相对响反适供])应当?|必?须|(?<![许认])可以?|需要?|(?<![主需必重纪摘])要(?![点求素件闻事领])|不得)"
# Each with the signs without which it cannot match: most words hold none, and that is quickly seen.
_LEADS = (
    (
        re.compile("[应须可需要得]"),
        re.compile(rf".*{MODAL}(?:及时|至少|最迟|书面)?(?:自|从|在|于|按照)?"),
    ),
    (
        re.compile("[自从]"),
        re.compile(r".*(?<![来亲独各现])(?:自(?![然主行动己身愿查评觉])|(?<![服听])从)"),
    ),
    (
        re.compile("[在于对]"),
        re.compile(
            r".{1,24}(?:机关|部门|单位|政府|机构|人|各地|地区|县区|[委局办])(?:在|于|对)"
            r"|(?:此外|同时|其中|一般|原则上|通常|请|并|且)?(?:在(?![线职建校])|于|对)"
        ),
    ),
    (
        re.compile("[针严由]"),
        re.compile(r"(?:此外|同时|其中|一般|原则上|通常|请|并|且)?(?:针对|严格执行|严格落实|由)"),
    ),
)
_MODALS = re.compile(rf"{MODAL}|负责")
_ABOUT = re.compile(r"对于?(?!外|内|照|社会)|针对")
# 最迟5小时内发布…、24小时内: the second limit runs from the same event as the first.
_EARLIER_LIMIT = re.compile(rf"(?:最迟|最晚|至迟)?(?:{AMOUNT})[之以]?内.*")
_EVENT_CLAUSE = re.compile(r"(?:后|时|的|之日起?|以后|之后)$")


def event_in(words: str) -> str:
    """The event in the words between the clause's start and 后, 之日起, 前 or 时."""
    leads = (lead.match(words) for signs, lead in _LEADS if signs.search(words))
    lead = next(filter(None, leads), None)
    event = words[lead.end() :] if lead and lead.end() < len(words) else words
    return event.strip(" “”‘’（）、的■√")


def event_without_mark(before: str, clause_before: str) -> str:
    """The event of a limit that has no 后 or 之日起: what the clause, or the one before, names."""
    words = _EARLIER_LIMIT.sub("", before).strip(" “”、").removeprefix("并")
    if len(words) > 1 and not _MODALS.search(words):
        return event_in(words)
    if _EVENT_CLAUSE.search(clause_before) or _ABOUT.match(clause_before):
        return event_in(_EVENT_CLAUSE.sub("", clause_before))
    return ""
