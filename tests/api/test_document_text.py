"""文件正文: encodings, HTML, and what is refused in one sentence."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.document_text import LARGEST, read_document_text
from api.errors import BadInput

TEXT = "每月公布情况，㐀\r\n8月底前完成。"


def saved(folder: Path, content: bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_usual_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    assert read_document_text(saved(tmp_path, TEXT.encode(encoding))) == TEXT


def test_utf_16_is_read_in_both_orders(tmp_path: Path) -> None:
    content = b"\xfe\xff" + TEXT.encode("utf-16-be")
    assert read_document_text(saved(tmp_path, content)) == TEXT


def test_html_is_read_without_tags_scripts_and_styles(tmp_path: Path) -> None:
    page = """<html><head><title>8月底前</title><style>p{}</style></head><body>
    <script>var a = "每年";</script><p>各部门要在<b>8月</b>底前
    完成。</p><table><tr><td>编制目录</td><td>年底前</td></tr></table></body></html>"""
    text = read_document_text(saved(tmp_path, page.encode(), "a.html"))
    assert "各部门要在8月底前完成。" in text
    assert "编制目录 | 年底前" in text
    assert "每年" not in text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"\xff\xff\xff\xff", "编码"),
        ("a.txt", b"abc\0def", "空字符"),
        ("a.txt", b"\xff\xfea", "编码"),
        ("a.docx", b"PK", "只能读"),
        ("a.pdf", b"%PDF", "只能读"),
        ("a.md", b"x" * (LARGEST + 1), "20 MB"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        read_document_text(saved(tmp_path, content, name))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "b.txt"
    folder.mkdir()
    for path in (tmp_path / "a.txt", folder):
        with pytest.raises(BadInput, match="读不到文件"):
            read_document_text(path)


@given(content=st.binary(max_size=200), html=st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_text_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, html: bool
) -> None:
    path = saved(tmp_path_factory.getbasetemp(), content, "f.html" if html else "f.txt")
    try:
        read = read_document_text(path)
    except BadInput as refusal:
        read = str(refusal)
    assert isinstance(read, str)
