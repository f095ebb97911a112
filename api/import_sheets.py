"""The sheets of an import: 单位, 责任, 办结, each with its headings, read into what is wanted.

All that is wrong is told at once, by sheet, row and column. A unit is named by its id or its name.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from api.configuration import unit_of
from api.errors import BadInput
from api.faults import fault_in_words
from api.office_rows import GivenUnit
from api.workbook_reading import MOST_ROWS, Cell, Row, column_letter
from engine.agency import Agency
from engine.importing import DONE, DUTIES, SHEETS, UNITS, Done, Fault, Wanted
from engine.registering import DutyTerms
from engine.units import Unit

NOTES = "说明"  # the sheet that explains; not read
UNIT_KEYS = {
    "编号": "id",
    "名称": "name",
    "上级": "parent",
    "别名": "aliases",
    "地区": "region",
    "渠道": "channels",
}
PERSON_KEYS = {
    "联系人": "name",
    "角色": "role",
    "手机号": "mobile",
    "邮箱": "mail",
    "账号": "account",
    "代办人": "substitute",
}
HEADINGS: Mapping[str, tuple[str, ...]] = {
    UNITS: (*UNIT_KEYS, *PERSON_KEYS),
    DUTIES: ("规则", "单位", "起始日", "末日", "提醒策略"),
    DONE: ("单位", "规则", "期间或到期日", "办结日", "证据"),
}
NEEDED: Mapping[str, frozenset[str]] = {
    UNITS: frozenset({"编号"}),
    DUTIES: frozenset({"规则", "单位", "起始日"}),
    DONE: frozenset({"单位", "规则", "期间或到期日", "办结日"}),
}
_DAY = re.compile(r"(\d{4})\s*(?:年|[-/.])\s*(\d{1,2})\s*(?:月|[-/.])\s*(\d{1,2})\s*日?")
_SEPARATORS = re.compile("[、,，;；]")


@dataclass
class _Line:
    """One row under the headings."""

    number: int
    texts: dict[str, str | date]

    def text(self, heading: str) -> str:
        """What stands there as text; empty where nothing does."""
        value = self.texts.get(heading, "")
        return value if isinstance(value, str) else value.isoformat()


@dataclass
class Import:
    """What a workbook asks for, and what is wrong with it."""

    faults: list[Fault] = field(default_factory=list)
    wanted: Wanted = field(default_factory=Wanted)
    letters: dict[tuple[str, str], str] = field(default_factory=dict)  # of a sheet's headings

    def in_words(self, fault: Fault) -> str:
        """`表“责任”第 5 行 C 列：…`."""
        row = f"第 {fault.row} 行" if fault.row else ""
        letter = self.letters.get((fault.sheet, fault.column), fault.column)
        place = " ".join(filter(None, (row, f"{letter} 列" if letter else "")))
        return f"表“{fault.sheet}”{place}：{fault.text}"


def read_import(
    name: str, sheets: Mapping[str, list[Row]], agency: Agency, visible: Collection[str] | None
) -> Import:
    """What the sheets ask for. `visible` are the units that may be named, None for all. Raises
    BadInput where none of the sheets is there."""
    if not any(sheet in sheets for sheet in SHEETS):
        raise BadInput(f"{name}：没有名为“单位”“责任”“办结”的表，请用模板填写")
    reader = _Reader(agency, visible)
    for title, rows in sheets.items():
        if title not in (*SHEETS, NOTES) and rows:
            reader.fault(title, 0, "", "不认识这张表，只有“单位”“责任”“办结”可以导入；请删去或改名")
    units = reader.units(reader.lines(UNITS, sheets))
    duties = reader.duties(reader.lines(DUTIES, sheets))
    done = reader.done(reader.lines(DONE, sheets))
    there = {*agency.units, *(unit.id for _, unit in units)}  # without those that have a fault
    reader.found.wanted = Wanted(
        units,
        [(row, duty) for row, duty in duties if duty.unit in there],
        [(row, one) for row, one in done if one.unit in there],
        incomplete=bool(reader.found.faults),
        visible=visible,
    )
    return reader.found


class _Reader:
    """Reads the sheets of one workbook."""

    def __init__(self, agency: Agency, visible: Collection[str] | None) -> None:
        self.found = Import()
        self._agency, self._visible = agency, visible
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        for unit in agency.units.values():
            if visible is None or unit.id in visible:
                for name in (unit.id, unit.name, *unit.aliases):
                    self._names[name].add(unit.id)

    def fault(self, sheet: str, row: int, column: str, text: str) -> None:
        """Note what is wrong."""
        self.found.faults.append(Fault(sheet, row, column, text))

    def lines(self, sheet: str, sheets: Mapping[str, list[Row]]) -> list[_Line]:
        """The rows under the headings, which stand in the first row that has anything."""
        rows = sheets.get(sheet, [])
        if not rows:
            return []
        places = self._headings(sheet, rows[0])
        if places is None:
            return []
        found = []
        for row in rows[1 : MOST_ROWS + 1]:
            texts: dict[str, str | date] = {}
            before = len(self.found.faults)
            for index, cell in enumerate(row.cells):
                self._take(sheet, row.number, places.get(index), index, cell, texts)
            missing = [one for one in HEADINGS[sheet] if one in NEEDED[sheet] and one not in texts]
            if len(self.found.faults) == before:
                for heading in missing:
                    self.fault(sheet, row.number, heading, f"没有写{heading}")
                if not missing:
                    found.append(_Line(row.number, texts))
        return found

    def _headings(self, sheet: str, row: Row) -> dict[int, str] | None:
        """The heading of each column; None where they are not those of the template."""
        before, places = len(self.found.faults), dict[int, str]()
        for index, cell in enumerate(row.cells):
            if cell == Cell():
                continue
            heading = cell.value.rstrip("*＊ ") if isinstance(cell.value, str) else ""
            if heading not in HEADINGS[sheet] or heading in places.values():
                known = "、".join(HEADINGS[sheet])
                text = f"表头“{cell.value or ''}”不认识或者写了两次，应是：{known}"
                self.fault(sheet, row.number, column_letter(index), text)
                continue
            places[index] = heading
            self.found.letters[sheet, heading] = column_letter(index)
        missing = [one for one in HEADINGS[sheet] if one not in places.values()]
        if missing:
            self.fault(sheet, row.number, "", f"缺少表头：{'、'.join(missing)}，请用模板的表头")
        return places if len(self.found.faults) == before else None

    def _take(
        self,
        sheet: str,
        row: int,
        heading: str | None,
        index: int,
        cell: Cell,
        texts: dict[str, str | date],
    ) -> None:
        if cell.fault:
            self.fault(sheet, row, heading or column_letter(index), cell.fault)
        elif heading is None and cell.value is not None:
            self.fault(sheet, row, column_letter(index), "这一列没有表头，请删去或移到别处")
        elif heading and cell.value is not None:
            texts[heading] = cell.value

    def units(self, lines: list[_Line]) -> list[tuple[int, Unit]]:
        """A unit for each id; further rows of the same id add people."""
        of_unit: dict[str, list[_Line]] = {}
        for line in lines:
            of_unit.setdefault(line.text("编号"), []).append(line)
        given = [self._given(id_, own) for id_, own in of_unit.items()]
        ids = defaultdict[str, set[str]](set)
        for id_, own in of_unit.items():
            for name in (id_, own[0].text("名称")):
                ids[name].add(id_)
        found = []
        for first, values in given:
            parent = values["parent"]
            if parent:
                values["parent"] = self._unit(UNITS, first, "上级", parent, ids) or ""
            elif self._visible is not None:
                values["parent"] = self._kept_parent(first, values["id"], self._visible)
            unit = self._checked(first, values, of_unit[values["id"]])
            if unit is not None and self._may_enter(first, unit):
                found.append((first, unit))
        self._check_circles(found)
        for name, named in ids.items():  # with or without faults of their own
            self._names[name] |= named
        return found

    def _kept_parent(self, row: int, id_: str, visible: Collection[str]) -> str:
        """The unit above the topmost one that he sees stays; all others are below one of his."""
        before = self._agency.units.get(id_)
        if before and id_ in visible and before.parent not in visible:
            return before.parent
        self.fault(UNITS, row, "上级", "您只能在自己的单位之下登记，请写明上级")
        return ""

    def _given(self, id_: str, own: list[_Line]) -> tuple[int, dict[str, Any]]:
        first = own[0]
        for line in own[1:]:
            for heading in UNIT_KEYS:
                if line.text(heading) not in ("", first.text(heading)):
                    text = f"与第 {first.number} 行同一单位的{heading}不同，请写成一样，或者空着"
                    self.fault(UNITS, line.number, heading, text)
        people = [
            {key: line.text(heading) for heading, key in PERSON_KEYS.items() if line.text(heading)}
            for line in own
        ]
        return first.number, {
            "id": id_,
            "name": first.text("名称"),
            "parent": first.text("上级"),
            "aliases": _several(first.text("别名")),
            "region": first.text("地区") or None,
            "channels": _several(first.text("渠道")),
            "contacts": people,
        }

    def _checked(self, row: int, values: dict[str, Any], own: list[_Line]) -> Unit | None:
        """The unit, checked as the configuration file's are, each fault at its cell."""
        filled = [(line, one) for line, one in zip(own, values["contacts"], strict=True) if one]
        before = len(self.found.faults)
        for id_ in values["channels"]:
            if id_ not in self._agency.channels:
                known = "、".join(self._agency.channels) or "（没有）"
                self.fault(UNITS, row, "渠道", f"没有渠道“{id_}”，可用：{known}")
        try:
            unit = unit_of(GivenUnit.model_validate({**values, "contacts": [p for _, p in filled]}))
        except ValidationError as error:
            for one in error.errors():
                at, column = _cell_of(one["loc"], row, [line for line, _ in filled])
                self.fault(UNITS, at, column, fault_in_words(one))
            return None
        return unit if len(self.found.faults) == before else None

    def _may_enter(self, row: int, unit: Unit) -> bool:
        """Is it a new unit, or one that he sees?"""
        if self._visible is None or unit.id in self._visible:
            return True
        if unit.id in self._agency.units:
            self.fault(UNITS, row, "编号", f"编号“{unit.id}”已有人用，请另选编号")
            return False
        return True

    def _check_circles(self, units: list[tuple[int, Unit]]) -> None:
        parents = {unit.id: unit.parent for unit in self._agency.units.values()}
        parents |= {unit.id: unit.parent for _, unit in units}
        for row, unit in units:
            above, seen = unit.parent, {unit.id}
            while above and above not in seen:
                seen.add(above)
                above = parents.get(above, "")
            if above == unit.id:
                self.fault(UNITS, row, "上级", "上级绕成了圈，请改正")

    def duties(self, lines: list[_Line]) -> list[tuple[int, DutyTerms]]:
        """The duties, each rule of a unit once."""
        found, seen = [], dict[str, int]()
        for line in lines:
            before = len(self.found.faults)
            unit = self._unit(DUTIES, line.number, "单位", line.text("单位"))
            rule = self._rule(DUTIES, line)
            since = self._day(DUTIES, line, "起始日")
            until = self._day(DUTIES, line, "末日") if "末日" in line.texts else None
            if not (unit and rule and since) or len(self.found.faults) > before:
                continue
            duty = DutyTerms(rule, unit, since, until, line.text("提醒策略"))
            if (first := seen.setdefault(duty.key, line.number)) != line.number:
                text = f"与第 {first} 行是同一单位的同一条规则，请留一行"
                self.fault(DUTIES, line.number, "规则", text)
                continue
            found.append((line.number, duty))
        return found

    def done(self, lines: list[_Line]) -> list[tuple[int, Done]]:
        """What was completed."""
        found = []
        for line in lines:
            before = len(self.found.faults)
            unit = self._unit(DONE, line.number, "单位", line.text("单位"))
            rule, on = self._rule(DONE, line), self._day(DONE, line, "办结日")
            which = line.texts["期间或到期日"]
            if isinstance(which, str):
                which = _typed_day(which) or which
            if unit and rule and on and len(self.found.faults) == before:
                found.append((line.number, Done(unit, rule, which, on, line.text("证据"))))
        return found

    def _unit(
        self,
        sheet: str,
        row: int,
        column: str,
        name: str,
        more: Mapping[str, set[str]] | None = None,
    ) -> str | None:
        ids = self._names.get(name, set()) | (more or {}).get(name, set())
        if len(ids) == 1:
            return next(iter(ids))
        if ids:
            text = f"“{name}”有 {len(ids)} 个单位（{'、'.join(sorted(ids))}），请写编号"
        else:
            text = f"没有单位“{name}”，请写已有单位的编号或名称，或先在表“单位”中写它"
        self.fault(sheet, row, column, text)
        return None

    def _rule(self, sheet: str, line: _Line) -> str | None:
        rule = line.text("规则")
        if rule in self._agency.catalogue.rules:
            return rule
        text = f"没有规则“{rule}”，规则编号可在“规则与口径”页面查到"
        self.fault(sheet, line.number, "规则", text)
        return None

    def _day(self, sheet: str, line: _Line, heading: str) -> date | None:
        value = line.texts[heading]
        found = value if isinstance(value, date) else _typed_day(value)
        if found is None:
            text = f"“{value}”不是日期，应写作 2026-03-01 或 2026年3月1日"
            self.fault(sheet, line.number, heading, text)
        return found


def _typed_day(text: str) -> date | None:
    """`2026-03-01`, `2026/3/1` or `2026年3月1日`; None for anything else."""
    match = _DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _several(text: str) -> list[str]:
    return [one.strip() for one in _SEPARATORS.split(text) if one.strip()]


def _cell_of(location: tuple[int | str, ...], row: int, people: list[_Line]) -> tuple[int, str]:
    """Row and heading of what pydantic found wrong."""
    if len(location) > 1 and location[0] == "contacts" and isinstance(location[1], int):
        key = location[2] if len(location) > 2 else "name"
        heading = next((one for one, name in PERSON_KEYS.items() if name == key), "联系人")
        return people[location[1]].number, heading
    key = location[0] if location else "id"
    return row, next((one for one, name in UNIT_KEYS.items() if name == key), "编号")
