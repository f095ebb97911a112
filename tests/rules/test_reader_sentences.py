"""阅读器: what it finds in sentences in the style of laws, notices, tables and inspection standards."""

from pathlib import Path

import pytest

from rules.reader import read_document

SENTENCES = Path(__file__).parent / "sentences"
HEAD = """某市人民政府办公室关于印发
2020年政务公开工作要点的通知
某政办发〔2020〕8号

某市人民政府办公室
2020年3月20日

"""
Found = list[list[str]]


def sentences() -> list[tuple[str, Found]]:
    """The rows of all tables: the sentence, and of each hit in it the phrase, kind and value, and
    words of the trigger and of the holder where the table has them; what is not told is empty."""
    rows: list[tuple[str, Found]] = []
    for path in sorted(SENTENCES.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            sentence, *cells = (cell.strip() for cell in line.split("¦"))
            if sentence:
                rows.append((sentence, []))
            if len(cells) > 1:
                rows[-1][1].append([cell if cell != "-" else "" for cell in (*cells, "", "")][:5])
    return rows


@pytest.mark.parametrize(("sentence", "expected"), sentences())
def test_a_sentence_gives_exactly_these_requirements(sentence: str, expected: Found) -> None:
    hits = read_document(HEAD + sentence).hits
    assert [[hit.kind, hit.value] for hit in hits] == [row[1:3] for row in expected]
    for hit, (phrase, _, _, trigger, holder) in zip(hits, expected, strict=True):
        assert phrase in hit.time_phrase or hit.time_phrase in phrase
        assert trigger in hit.trigger
        assert holder in hit.duty_holder
