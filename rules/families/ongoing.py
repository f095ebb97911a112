"""持续: 实时, 动态更新, 常态化, 日常监测, 长期公开, 24小时值守: always, with no period."""

import re
from collections.abc import Iterator

from rules.families.page import Page, Phrase
from rules.terms import Kind

_KEPT_UP = "监测|监管|监督|维护|运维|运行|值守|值班|巡查|检查|巡检|管理|更新|保障|指导|抽查|自查|督促|督查|调度|考核|培训|公开"
_ONGOING = re.compile(
    rf"实时(?:动态)?(?:更新|公开|发布)?|动态(?:化)?(?:更新(?:调整)?|调整(?:更新)?|扩展|管理|维护|完善|跟踪|优化|清零)(?!情况|、)"
    rf"|常态(?:化|长效)(?:监测|监管)?|日常(?<!按日常)(?={_KEPT_UP})(?:监测|监管)?|日常化|随时(?!随地)|滚动(?:式)?(?:更新|发布|公开|调整)"
    r"|全天候|24小时(?<![×xX*]24小时)(?=不间断|值班|值守|在线|开通|监测|服务|畅通|运行|响应)|不间断"
    r"|长期(?=公开|公示|坚持|保留|展示|保存|有效|推进|开展|执行|任务|工作)"
)
_SUSTAINED = re.compile(
    r"持续(?<!围绕持续)(?=[^，。；、\n]{0,2}(?:发布|公开|公布|公示|更新|报送|报告|跟踪|监测|关注|通报|加以|回应|解读|推送|跟进|督促))"
    r"|持续(?<!围绕持续)(?=(?:推进|做好|加强|加大|开展)[^，。；\n]{0,24}(?:公开|公示|发布|解读|监测|检查|更新|抽查|督查|整改))"
)
# A cell of a task table: 时限：长期.
_CELL = re.compile(
    r"(?:长期坚持|长期推进|长期任务|长期公开|长期|持续推进|持续|全年|贯穿全年)(?= {0,2}(?:[|\n。；）]|\Z)| [一-龥]{2,6}：)"
)


def find(page: Page) -> Iterator[Phrase]:
    """What is owed all the time."""
    for pattern in (_CELL, _ONGOING, _SUSTAINED):
        for match in pattern.finditer(page.plain):
            opening = page.plain[max(0, match.start() - 1) : match.start()]
            if pattern is not _CELL or opening in ("", "|", "\n", "：", " "):
                yield Phrase(*match.span(), Kind.CONTINUOUS)
