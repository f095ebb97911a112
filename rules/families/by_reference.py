"""法定时限: 按照法定时限, 在规定时间内, 按时, 期限另有规定: the limit stands somewhere else."""

import re
from collections.abc import Iterator

from rules.families.page import Page, Phrase
from rules.terms import Kind

_DOING = r"(?:办理|答复|办结|公开|工作|整改|审批|处理|反馈|报送|完成|补正)?"
_LEGAL = re.compile(
    rf"法定的?{_DOING}(?:时限|期限|时间)(?:要求)?(?:之?内)?|法定程序[和、](?:时限|期限)"
)
_SET = re.compile(
    rf"(?:规定|承诺|约定|要求|限定|指定|明确|通知|确定)的?{_DOING}(?:时限|期限|时间节点|时间)(?:要求)?(?P<inside>之?内|前)?"
)
_KEPT = re.compile(r"(?:按照?|在|依照?|于|严格|遵守|遵循|超过|根据)(?:[^，。；：\n]{0,16})$")
_ON_TIME = re.compile(
    r"按时(?<!未按时)(?<!不按时)(?![间段刻代])|按期(?<!未按期)(?![限间货])|如期(?=完成|报送|公开|公布)"
)
_NODES = re.compile(
    r"按照?(?:[^，。；\n]{0,6})(?:时间节点|时限要求|时间要求|时间进度|序时进度|时间表)"
)
_OTHERWISE = re.compile(r"(?:期限|时限|时间)(?:等)?另有规定")


def find(page: Page) -> Iterator[Phrase]:
    """Limits that refer to a rule, a promise or a schedule elsewhere."""
    for pattern in (_LEGAL, _ON_TIME, _NODES, _OTHERWISE):
        for match in pattern.finditer(page.plain):
            yield Phrase(*match.span(), Kind.STATUTORY_REFERENCE)
    for match in _SET.finditer(page.plain):
        if match["inside"] or _KEPT.search(page.before(match.start(), 24)):
            yield Phrase(*match.span(), Kind.STATUTORY_REFERENCE)
