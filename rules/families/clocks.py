"""停表与重算: 期限自收到补正之日起计算, 重新起算, 所需时间不计算在规定的期限内."""

import re
from collections.abc import Iterator

from rules.families.events import event_in
from rules.families.page import Page, Phrase
from rules.terms import Kind

_RESTARTED = re.compile(
    r"(?:期限|时限|时间|期间)(?:应当?|均|从|自)?(?:从|自)([^，。；\n]{2,40}?)(?:之日|之时)?起(?:重新|另行|继续|恢复)?(?:计算|起算|计)"
    r"|重新(?:计算|起算|计时)(?:[^，。；\n]{0,8}?(?:期限|时限))?"
)
_EXCLUDED = re.compile(
    r"不(?:计算在|计入|算入|纳入|包含在|包括在|列入)(?:[^，。；\n]{0,24}?(?:期限|时限|时间|期间))(?:之内|以内|内)?|不计算?在内"
)


def find(page: Page) -> Iterator[Phrase]:
    """Clauses that begin a limit anew, or take a span out of it."""
    for match in _RESTARTED.finditer(page.plain):
        event = match[1] or page.before(match.start()).removesuffix("起")
        yield Phrase(*match.span(), Kind.AFTER_EVENT, "", event_in(event.removesuffix("之日")))
    for match in _EXCLUDED.finditer(page.plain):
        yield Phrase(*match.span(), Kind.STATUTORY_REFERENCE)
