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
Found = list[tuple[str, str, str]]


def sentences() -> list[tuple[str, Found]]:
    """The rows of all tables: the sentence, and the phrase, kind and value of each hit in it."""
    rows: list[tuple[str, Found]] = []
    for path in sorted(SENTENCES.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            sentence, *cells = (cell.strip() for cell in line.split("¦"))
            if not line.startswith(("#", "¦")):
                rows.append((sentence, []))
            if len(cells) == 3:
                rows[-1][1].append((cells[0], cells[1], cells[2].strip("-")))
    return rows


@pytest.mark.parametrize(("sentence", "expected"), sentences())
def test_a_sentence_gives_exactly_these_requirements(sentence: str, expected: Found) -> None:
    hits = read_document(HEAD + sentence).hits
    assert [(hit.kind, hit.value) for hit in hits] == [row[1:] for row in expected]
    for hit, (phrase, _, _) in zip(hits, expected, strict=True):
        assert phrase in hit.time_phrase or hit.time_phrase in phrase
