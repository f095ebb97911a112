"""阅读器: a text whose lines are broken at a fixed width says what it says unbroken."""

from collections import Counter

import pytest
from texts import DOCUMENTS, needs_documents

from rules.reader import Hit, read_document

INDENTS = [("", False), ("　　", False), ("　　", True), ("    ", False), ("    ", True)]


def wrapped(text: str, width: int, indent: str, counted: bool) -> str:
    """Every line of at most `width` characters; the indentation of the later ones counts or not."""
    step = width - len(indent) if counted else width
    lines = []
    for line in text.split("\n"):
        rest = line[width:]
        lines.append(line[:width])
        lines += [indent + rest[at : at + step] for at in range(0, len(rest), step)]
    return "\n".join(lines)


def terms(hits: tuple[Hit, ...]) -> Counter[tuple[str, str]]:
    return Counter((hit.kind.value, hit.value) for hit in hits)


@needs_documents
@pytest.mark.parametrize(("indent", "counted"), INDENTS)
@pytest.mark.parametrize("width", [17, 20, 24, 30, 40])
def test_a_broken_text_gives_no_new_hard_value_and_most_of_the_hits(
    width: int, indent: str, counted: bool
) -> None:
    for path in sorted(DOCUMENTS.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        whole = read_document(text).hits
        broken = wrapped(text, width, indent, counted)
        hits = read_document(broken).hits
        hard = {hit.value for hit in whole if hit.hard}
        assert {hit.value for hit in hits if hit.hard} <= hard, path.stem
        assert (terms(whole) & terms(hits)).total() >= 0.95 * len(whole), path.stem
        assert all(broken[hit.start : hit.end] == hit.time_phrase for hit in hits)


@pytest.mark.parametrize("indent", ["", "　　", "    "])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("应在2|4小时内报告。", "PT24H"),
        ("自收到申请之日起2|0个工作日内答复。", "20WD"),
        ("自收到申请之日起20|个工作日内答复。", "20WD"),
        ("自收到申请之日起20个|工作日内答复。", "20WD"),
        ("自收到申请之日起20个工作|日内答复。", "20WD"),
        ("自收到申请之日起20个工作日|内答复。", "20WD"),
        ("自收到申请之日起1|5日内答复。", "P15D"),
        ("应当在二|十日内答复。", "P20D"),
        ("应于202|0年9月30日前完成。", "2020-09-30"),
        ("应于2020年1|2月31日前完成。", "2020-12-31"),
        ("应于2020年12|月31日前完成。", "2020-12-31"),
        ("应于每年|3月31日前完成。", "P1Y;by=03-31"),
    ],
)
def test_a_break_inside_a_word_is_no_break(text: str, value: str, indent: str) -> None:
    broken = text.replace("|", f"\n{indent}")
    (hit,) = read_document(broken).hits
    assert hit.value == value
    assert broken[hit.start : hit.end] == hit.time_phrase


@pytest.mark.parametrize(
    "text",
    [
        "附件1\n3日内报告。",
        "1\n3日内报告。",
        "联系电话：87654321\n3日内报告。",
        "重点工作2\n3、3日内报告。",
        "任务 | 1\n3日内报告。",
    ],
)
def test_a_new_line_that_begins_with_a_number_stays_one(text: str) -> None:
    assert [hit.value for hit in read_document(text).hits] == ["P3D"]
