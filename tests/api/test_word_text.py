"""Word 正文: what of a .docx is text, in which order; and hostile files end in one sentence."""

import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from api.document_text import document_text
from api.errors import BadInput
from api.word_text import MOST_ENTRIES, MOST_MARKS
from rules.reader import read_document

MAIN = "word/document.xml"
SENTENCES = ("某市2020年政务公开工作要点", "各部门要在8月底前完成自查，每季度通报一次。")
CELLS = ("市财政局", "每月5日前公布收支情况")


def paper(*paragraphs: str, body: str = "") -> bytes:
    """A .docx of the paragraphs, and of raw elements after them."""
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    root = parse_xml(f"<w:body {nsdecls('w')}>{body}</w:body>")
    for element in list(root):
        document.element.body.insert(len(document.element.body) - 1, element)
    saved = BytesIO()
    document.save(saved)
    return saved.getvalue()


def parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(entries: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    saved = BytesIO()
    with ZipFile(saved, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return saved.getvalue()


def with_main(xml: bytes, method: int = ZIP_DEFLATED) -> bytes:
    return packed(parts(PAPER) | {MAIN: xml}, method)


def with_field(content: bytes, of_file: int, of_directory: int, value: int, size: int) -> bytes:
    """A zip with one number of the document's entry forged, in both of its headers."""
    forged = bytearray(content)
    with ZipFile(BytesIO(content)) as archive:
        start = archive.getinfo(MAIN).header_offset
    listed = content.rindex(MAIN.encode()) - 46
    for place in (start + of_file, listed + of_directory):
        forged[place : place + size] = value.to_bytes(size, "little")
    return bytes(forged)


PAPER = paper(*SENTENCES)


def run(text: str, around: str = "{}") -> str:
    return "<w:p>" + around.format(f"<w:r><w:t>{text}</w:t></w:r>") + "</w:p>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<w:p><w:r><w:t>一</w:t><w:br/><w:t>二</w:t><w:tab/></w:r></w:p>", "一\n二\t"),
        (run("增", "<w:ins>{}</w:ins>") + run("删", "<w:del>{}</w:del>"), "增\n"),
        (run("移", "<w:moveFrom>{}</w:moveFrom>") + run("移", "<w:moveTo>{}</w:moveTo>"), "移"),
        (run("链", "<w:hyperlink>{}</w:hyperlink>"), "链"),
        (run("域", '<w:fldSimple w:instr="DATE">{}</w:fldSimple>'), "域"),
        (f"<w:sdt><w:sdtContent>{run('控件')}</w:sdtContent></w:sdt>", "控件"),
        ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>甲</w:t></w:r></w:p>", "甲"),
        (
            "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>8月</w:t></w:r></w:p>"
            + run("底前"),
            "8月底前",
        ),
        (
            "<w:p><w:r><w:t>8月</w:t></w:r><w:r><w:pict><w:txbxContent>"
            + run("框")
            + "</w:txbxContent></w:pict></w:r><w:r><w:t>底前</w:t></w:r></w:p>",
            "8月底前\n框",
        ),
    ],
)
def test_what_is_seen_is_text(body: str, text: str) -> None:
    assert document_text("a.docx", paper(body=body)).strip("\n") == text.strip("\n")


def test_a_drawing_that_is_stored_twice_is_read_once() -> None:
    box = f"<w:txbxContent>{run('框')}</w:txbxContent>"
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = (
        f"<w:p><w:r><mc:AlternateContent {space}><mc:Choice Requires='wps'>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert document_text("a.docx", paper(body=body)).split() == ["框"]


def test_a_row_is_a_line_and_a_merged_cell_is_read_once() -> None:
    document = Document()
    table = document.add_table(3, 3)
    for row, words in enumerate(("甲乙丙", "丁戊己", "庚辛壬")):
        for column, word in enumerate(words):
            if (row, column) not in ((0, 1), (2, 0)):
                table.cell(row, column).text = word
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(2, 2).add_table(1, 2).cell(0, 1).text = "内"
    saved = BytesIO()
    document.save(saved)
    assert document_text("a.docx", saved.getvalue()).split("\n")[:3] == [
        "甲 | 丙",
        "丁 | 戊 | 己",
        "辛 | 壬",
    ]
    assert "内" in document_text("a.docx", saved.getvalue())


def test_footnotes_are_read_and_a_link_to_a_bookmark_does_no_harm() -> None:
    entries = parts(PAPER)
    relations = "word/_rels/document.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    entries[relations] = entries[relations].replace(
        b"</Relationships>",
        f'<Relationship Id="x1" Type="{kind}/footnotes" Target="footnotes.xml"/>'
        f'<Relationship Id="x2" Type="{kind}/hyperlink" Target="#_top"/></Relationships>'.encode(),
    )
    note = f"<w:footnotes {nsdecls('w')}><w:footnote>{run('注：每周报送。')}</w:footnote></w:footnotes>"
    entries["word/footnotes.xml"] = note.encode()
    assert document_text("a.docx", packed(entries)).endswith("通报一次。\n注：每周报送。\n")


DOCTYPE = b'<!DOCTYPE d [<!ENTITY a "' + b"h" * 1000 + b'">'
LAUGHS = DOCTYPE + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "损坏"),
        (b"PK", "损坏"),
        (PAPER[:2000], "损坏"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 512, "旧版 .doc 或者加了密码"),
        (packed({"content.xml": b"<a/>"}), "不是 Word 文档"),
        (with_main(b"<workbook/>"), "不是 Word 文档"),
        (with_main(b"<document>"), "损坏"),
        (paper(body="<w:p/>"), "没有读到文字"),
        (paper(body="<w:altChunk/>"), "插入了另外的文件"),
        (with_field(PAPER, 6, 8, 1, 2), "加了密码"),
        (with_main(parts(PAPER)[MAIN], ZIP_BZIP2), "损坏"),
        (with_main(b"<d>" * 300 + b"</d>" * 300), "损坏"),
        (with_main(b"<d>" + b"<a/>" * MOST_MARKS + b"</d>"), "零碎"),
        (with_main(LAUGHS + b"]><d>&j;</d>"), "损坏"),
        (with_main(LAUGHS + b']><d a="&j;"/>'), "损坏"),
        (with_main(DOCTYPE + b"]><document>&a;</document>"), "DOCTYPE"),
        (with_main((DOCTYPE + b"]><document/>").decode().encode("utf-16")), "DOCTYPE"),
        (with_main(b'<!DOCTYPE d SYSTEM "file:///etc/hostname"><document/>'), "DOCTYPE"),
        (packed({str(number): b"" for number in range(MOST_ENTRIES + 1)}), "10000 个"),
    ],
    ids=range(19),
)
def test_what_is_no_paper_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        document_text("某文件.docx", content)
    assert str(refusal.value).startswith("某文件.docx：")


GIGABYTE = 1024 * 1024 * 1024


@pytest.mark.parametrize(("declared", "said"), [(GIGABYTE, "20 MB"), (1000, "损坏"), (0, "损坏")])
def test_a_bomb_of_a_gigabyte_is_not_unpacked(declared: int, said: str) -> None:
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(b"<a/>" * 2**18) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = with_main(piece * 1024 + packer.flush(), ZIP_STORED)
    bomb = with_field(bomb, 8, 10, ZIP_DEFLATED, 2)
    bomb = with_field(bomb, 22, 24, declared, 4)
    tracemalloc.start()
    try:
        with pytest.raises(BadInput, match=said):
            document_text("a.docx", bomb)
        assert tracemalloc.get_traced_memory()[1] < 50 * 1024 * 1024
    finally:
        tracemalloc.stop()


def _flipped(content: bytes, place: int, junk: bytes) -> bytes:
    place %= len(content)
    return content[:place] + junk + content[place + len(junk) :]


def _cut(content: bytes, place: int, _junk: bytes) -> bytes:
    return content[: place % len(content)]


def _dropped(content: bytes, place: int, _junk: bytes) -> bytes:
    entries = parts(content)
    del entries[sorted(entries)[place % len(entries)]]
    return packed(entries)


def _swapped(content: bytes, place: int, junk: bytes) -> bytes:
    entries = parts(content)
    return packed(entries | {sorted(entries)[place % len(entries)]: junk})


def _mutated_xml(content: bytes, place: int, junk: bytes) -> bytes:
    names = ("_rels/.rels", MAIN, "word/_rels/document.xml.rels")
    entries, name = parts(content), names[place % 3]
    return packed(entries | {name: _flipped(entries[name], place, junk)})


@given(
    damage=st.sampled_from([_flipped, _cut, _dropped, _swapped, _mutated_xml]),
    place=st.integers(0, 2**20),
    junk=st.binary(max_size=8) | st.sampled_from([b"<a/>", b"<a", b"&#0;", b'"/>', b"\xff\xfe"]),
)
@settings(max_examples=300, deadline=None)
def test_a_damaged_paper_gives_a_text_or_a_refusal(
    damage: Callable[[bytes, int, bytes], bytes], place: int, junk: bytes
) -> None:
    with suppress(BadInput):
        assert document_text("a.docx", damage(PAPER, place, junk)).strip()


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"^a\.docx："):
        document_text("a.docx", content)


def test_the_same_sentences_give_the_same_hits_in_every_kind_of_file() -> None:
    document = Document(BytesIO(PAPER))
    row = document.add_table(1, 2).rows[0]
    for cell, words in zip(row.cells, CELLS, strict=True):
        cell.text = words
    saved = BytesIO()
    document.save(saved)
    plain = "\n".join((*SENTENCES, " | ".join(CELLS))).encode()
    html = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    html += "<table><tr>" + "".join(f"<td><p>{cell}</p></td>" for cell in CELLS) + "</tr></table>"
    files = {"a.txt": plain, "a.md": plain, "a.html": html.encode(), "a.docx": saved.getvalue()}
    texts = [document_text(name, content).strip() for name, content in files.items()]
    assert set(texts) == {plain.decode()}
    hits = read_document(texts[0]).hits
    assert [(hit.time_phrase, hit.value) for hit in hits] == [
        ("8月底前", "2020-08-31"),
        ("每季度", "P3M"),
        ("每月5日前", "P1M;day=5"),
    ]
