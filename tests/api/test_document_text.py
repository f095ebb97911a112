"""文件正文: encodings, HTML, and what is refused in one sentence."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.document_text import LARGEST, document_text, read_document_text
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
        ("a.doc", b"PK", "只能读"),
        ("a.txt", b"", "没有读到文字"),
        ("a.txt", b"\xef\xbb\xbf \r\n", "没有读到文字"),
        ("a.html", b"<p><img src='1.png'></p>", "没有读到文字"),
        ("a.txt", b"\xff\xfe\x00\xd8", "编码"),
        ("a.pdf", b"%PDF", "只能读"),
        ("a.md", b"x" * (LARGEST + 1), "20 MB"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        read_document_text(saved(tmp_path, content, name))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "b.txt", tmp_path / "c.txt"
    folder.mkdir()
    os.mkfifo(pipe)
    for path in (tmp_path / "a.txt", folder, pipe):
        with pytest.raises(BadInput, match="读不到文件"):
            read_document_text(path)


def test_a_sparse_file_of_200_mb_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, b"")
    os.truncate(path, 200 * 1024 * 1024)
    with pytest.raises(BadInput, match="20 MB"):
        read_document_text(path)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<html><head><title>年内</title><p>每月<b>公布", "每月公布"),  # nobody closed the head
        ("<p>一<p>二<br>三<br/><br>四", "一\n二\n三\n四"),
        ("<table><tr><td><p>甲</p></td> <td></td><td><p>乙</p></td></tr><tr><th>丙", "甲 | 乙\n丙"),
        ("<!--[if mso]>每年<![endif]--><![if !a]>每月<![endif]><![foo[每周]]>", "每月"),
        ("8&#26376;底前&ldquo;a&rdquo;&lt;b&gt;&foo;&amp", "8月底前“a”<b>&foo;&"),
        ("<?xml version='1.0' encoding='gb2312'?><p>每月", "每月"),
        ("<a b='" + "x" * 11_000_000 + "'>每月</a>公布", "每月公布"),
        ("<div>" * 50_000 + "每月", "每月"),
        ("<a " * 100_000 + ">每月", "每月"),
        ("每月<script>if (a<b) '每年'", "每月"),
    ],
    ids=range(10),
)
def test_any_soup_is_read_as_a_browser_reads_it(page: str, text: str) -> None:
    assert document_text("a.html", page.encode()) == text


@pytest.mark.parametrize("encoding", ["gb2312", "gbk", "big5", "utf-8"])
def test_a_page_may_say_its_encoding(encoding: str) -> None:
    page = f'<meta http-equiv="Content-Type" content="text/html; charset={encoding}"><p>中文文件'
    assert document_text("a.htm", page.encode(encoding)) == "中文文件"


@given(
    st.lists(st.sampled_from([*"<>/!-[]&#;='\" \n月", "<td", "</p>", "<script>", "<![", "<!--"]))
)
@settings(max_examples=200, deadline=None)
def test_html_soup_gives_a_text_or_a_refusal(pieces: list[str]) -> None:
    with suppress(BadInput):
        assert document_text("a.html", "".join(pieces).encode()).strip()


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
