"""责任主体: who owes a requirement: the subject of its sentence, and the unit that its item names.

Units are named in brackets at the end of an item （市财政局牵头落实）, in lines of their own after
the paragraphs they belong to, or behind a label (责任单位：市教育局). Where several such lines stand
together, they follow the order of the paragraphs above them; a sub-heading may stand between.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from rules.families.events import MODAL

_ORGAN = (
    "部门|政府|机关|单位|办公室|办公厅|委员会|人民法院|法院|检察院|机构|企业|公司|学校|高校|负责人|负责同志|地方|各地|地区|县区|区县|市州|"
    "各区|各县|各市|各镇|各乡|第三方|申请人|当事人|许可人|主持人|代表人|关系人|经营者|人员|领导小组|组织|协会|主体|街道|乡镇|指挥部|专班|中心|银行|工作人员|责任人|主办者|管理员|总局|署|局|厅|委|办|处|部|院|市|县|省"
)
_OPENING = re.compile(
    r"(?:[ 　]|[一二三四五六七八九十]{1,3}、|此外，|同时，|其中，|第[一二三四五六七八九十百]{1,5}条|（[一二三四五六七八九十]{1,3}）|（[0-9]{1,2}）|[0-9]{1,2}[.．、]|[①-⑳]){0,4}"
)
_FIRST_CLAUSE = re.compile(r"[^，。；：“”\n\ue000]{0,240}")
_ORGAN_ACTS = re.compile(
    rf"(?:{_ORGAN})(?:（室）|（[^（）\n]{{1,8}}）)?(?:及其(?:部门|工作人员|所属部门))?"
    r"(?= ?(?:，|要|应|须|必须|负责|可以|将|需|不得|每|按|定期|及时|适时|于|在|对|会同|根据|年|都|均|还|分别|必|严格|切实|收到|自|当|接到|未|不能|统一|原则上|以|向|制作|公开|发布|报|结合|实时|逐|半|组织|牵头|[0-9]))"
)
_NOT_A_SUBJECT = re.compile(
    rf"^(?:对|在|按|根据|围绕|将|把|以|为|通过|针对|加强|经|由于|因|自|从|与|向|除|属于|依|当(?!事人)|做好|完善|建立|深化|推进|加快|进一步|组织|配合|涉及|定期|适时|密切|注重|充分|积极|认真|全面|统一|主动|切实|继续|规范|健全|强化|实行|开展|提供|落实|发挥|利用|运用|持续|动态|实时|发现|、)|{MODAL}|将|一并|及时|期限"
)
_URGED = re.compile(r"^(?:推动|指导、督促|指导督促|督促指导|督促|指导|鼓励|支持|要求|引导)")
_BRACKET = re.compile(r"（(?:[^（）\n]|（[^（）\n]{0,20}）){2,240}）")
_OWNING = re.compile(r"牵头|落实|负责|责任单位|责任部门|配合|主办|承办")
_LABEL = re.compile(
    r"(?:责任单位|牵头单位|牵头部门|责任部门|责任主体|主办单位|承办单位|责任科室)：(?P<unit>[^。；\n|（）]{2,100})"
)
_TRIMMED = re.compile(
    r"(?:等部门|等单位)?(?:按(?:照)?职责分工|按(?:照)?各自职责|分别|牵头|共同|具体|负责|组织|抓好|落实|配合|各?按).*$"
)
# In a text without line breaks an item still ends somewhere.
_LONGEST_ITEM = 3000
_HEADING = re.compile(
    r"^ {0,8}(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百]{1,4}[章节]|（[一二三四五六七八九十]{1,3}）[^。\n]{0,40}。? {0,4}$)"
)


class Holders:
    """Who acts in a text's clauses, and the units that it names for its items, by place."""

    def __init__(self, plain: str) -> None:
        self._plain = plain
        self._subjects: dict[int, str] = {}

    def acting(self, clauses: Iterable[int]) -> str:
        """The acting subject: of the first clause, told by where it begins, that has one."""
        for start in clauses:
            if start not in self._subjects:
                self._subjects[start] = _subject(self._plain[start : start + 240])
            if self._subjects[start]:
                return self._subjects[start]
        return ""

    def named_at(self, place: int) -> str:
        """The unit named for the item that holds the place; empty where none is named."""
        index = bisect_right(self._starts, place) - 1
        start, end = self._line(index)
        following = bisect_left(self._marks, (place,))
        if following < len(self._marks):
            at, unit = self._marks[following]
            if at < min(end, place + _LONGEST_ITEM):
                return unit
        label = bisect_left(self._labels, (place,)) - 1
        if label >= 0 and self._labels[label][0] >= max(start, place - _LONGEST_ITEM):
            return self._labels[label][1]
        return self._by_paragraph.get(index, "")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._plain))]

    def _line(self, index: int) -> tuple[int, int]:
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._plain) + 1
        return self._starts[index], end

    @cached_property
    def _marks(self) -> list[tuple[int, str]]:
        """Where a unit is named, and which one; in order."""
        return sorted((*_brackets(self._plain), *self._labels))

    @cached_property
    def _labels(self) -> list[tuple[int, str]]:
        return [(match.start(), match["unit"].strip()) for match in _LABEL.finditer(self._plain)]

    @cached_property
    def _by_paragraph(self) -> dict[int, str]:
        """Units in lines of their own, for the paragraphs above them."""
        owners: dict[int, str] = {}
        paragraphs: list[int] = []
        units: list[str] = []
        for index, words in enumerate(self._plain.split("\n")):
            stripped = words.strip()
            unit = _unit_line(stripped)
            if unit:
                units.append(unit)
            elif stripped:
                if units:
                    owners |= _shared_out(paragraphs, units)
                    paragraphs, units = [], []
                if not _HEADING.match(words):
                    paragraphs.append(index)
                elif not self._unit_follows(index):
                    paragraphs = []
        return owners | (_shared_out(paragraphs, units) if units else {})

    def _unit_follows(self, index: int) -> bool:
        start, end = self._line(index + 1) if index + 1 < len(self._starts) else (0, 0)
        return bool(_unit_line(self._plain[start:end].strip()))


def _subject(words: str) -> str:
    words = _URGED.sub("", words[_OPENING.match(words).end() :])  # type: ignore[union-attr]
    clause = words[: _FIRST_CLAUSE.match(words).end() + 1]  # type: ignore[union-attr]
    found = _ORGAN_ACTS.search(clause)
    subject = clause[: found.end()] if found else ""
    if len(subject) > 1 and not _NOT_A_SUBJECT.search(subject):
        return subject.removeprefix("由")
    return ""


def _shared_out(paragraphs: list[int], units: list[str]) -> dict[int, str]:
    """One unit line for all, or one for each paragraph in order; the last one has the rest."""
    return {
        paragraph: units[min(place, len(units) - 1)] for place, paragraph in enumerate(paragraphs)
    }


def _unit_line(words: str) -> str:
    found = _BRACKET.fullmatch(words) if words.startswith("（") and len(words) < 260 else None
    return _unit(words[1:-1]) if found and _OWNING.search(words) else ""


def _brackets(plain: str) -> Iterator[tuple[int, str]]:
    for match in _BRACKET.finditer(plain):
        if _OWNING.search(match[0]) and _unit(match[0][1:-1]):
            yield match.end(), _unit(match[0][1:-1])


def _unit(words: str) -> str:
    """市教育局、市卫生计生委按职责分工分别牵头落实: the names only."""
    words = re.sub(r"^(?:责任单位|牵头单位|责任部门|牵头部门|责任主体)[：:]?", "", words)
    return _TRIMMED.sub("", words.partition("；")[0]).strip("，、 ")
