"""文件正文: a document's file as text, or one sentence that says why it cannot be read."""

import codecs
import re
from html.parser import HTMLParser
from pathlib import Path

from api.errors import BadInput

KINDS = (".txt", ".md", ".html", ".htm")
LARGEST = 20 * 1024 * 1024
_MARKED = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_document_text(path: Path, kinds: tuple[str, ...] = KINDS) -> str:
    """The decoded text of a .txt, .md or .html file; of the last without tags. Raises BadInput."""
    if path.suffix.lower() not in kinds:
        known = "、".join(kind for kind in kinds if kind != ".htm")
        raise BadInput(f"{path}：只能读 {known} 文件，请另存为其中一种")
    text = _decoded(_content(path), path)
    if "\0" in text:
        raise BadInput(f"{path}：含有空字符，不是文本文件，请检查文件")
    return _without_tags(text) if path.suffix.lower().startswith(".htm") else text


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput(f"{path}：读不到文件（{error.strerror}），请检查路径") from error
    if len(content) > LARGEST:
        raise BadInput(f"{path}：文件超过 20 MB，请只留正文再读")
    return content


def _decoded(content: bytes, path: Path) -> str:
    for mark, encoding in _MARKED:
        if content.startswith(mark):
            return _in_encoding(content[len(mark) :], encoding, path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _in_encoding(content, "gb18030", path)


def _in_encoding(content: bytes, encoding: str, path: Path) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}：文件不是 UTF-8、UTF-16（带 BOM）或 GB18030 编码的文本，请另存为 UTF-8"
        ) from error


_SILENT = frozenset(("script", "style", "head", "noscript", "template"))
_CELLS = frozenset(("td", "th"))
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "blockquote",
        "dd",
        "dt",
        "hr",
    ]
)
_SOURCE_BREAK = re.compile(r"[ \t]{0,200}[\r\n]{1,200}[ \t\r\n]{0,200}")


class _Page(HTMLParser):
    """Text of a page: a line for each block, | between the cells of a row."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT and not self._silent:
            self._silent = tag
        elif tag == "body":
            self._silent = ""  # a head that nobody closed
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        if tag not in _CELLS:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # A line break in the source is no break of the text.
            self.pieces.append(_SOURCE_BREAK.sub("", data))

    def _break(self, tag: str) -> None:
        if tag in _CELLS:
            self.pieces.append(" | ")
        elif tag in _BLOCKS and self.pieces and self.pieces[-1] != "\n":
            self.pieces.append("\n")


def _without_tags(markup: str) -> str:
    page = _Page()
    page.feed(markup)
    page.close()
    return "".join(page.pieces)
