"""定期: 定期, 例行, 分批次, 常态化抽查: again and again, with no period in figures."""

import re
from collections.abc import Iterator

from rules.families.page import Page, Phrase
from rules.terms import Kind

_REGULARLY = re.compile(
    r"不定期|定期(?<![规法指约固确限预选特额]定期)(?![限存间])(?:常态性|或不定期)?"
    r"|例行(?<!政策例行)(?!吹风会|公事)性?|分期分批|分批次?(?=[^，。；\n]{0,6}(?:公|发|向|报|推|组|开|完|对|实|进|次))|经常性(?=[^，。；\n]{0,6}(?:检查|开展|公|抽|督))"
    r"|常态化?(?=(?:开展)?(?:抽查|检查|通报|督查|培训|调度|监督检查|巡查|自查|评估))"
    r"|阶段性(?:地)?(?=公布|通报|发布)|滚动(?=开展|抽查|检查)"
)
# 根据年度目标任务要求，分批次: the target that sets the batches belongs to the phrase.
_MEASURED_BY = re.compile(r"(?:根据|按照)[^，。；\n]{2,16}(?:要求|安排|情况)，$")


def find(page: Page) -> Iterator[Phrase]:
    """Repetition without a period."""
    for match in _REGULARLY.finditer(page.plain):
        start = match.start()
        if match[0].startswith("分"):
            measured = _MEASURED_BY.search(page.plain[max(0, start - 24) : start])
            start -= len(measured[0]) if measured else 0
        yield Phrase(start, match.end(), Kind.VAGUE_PERIODIC)
