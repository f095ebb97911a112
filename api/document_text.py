"""文件正文: a document's file as text, or one sentence that says why it cannot be read."""

import codecs
import re
import stat
from contextlib import suppress
from pathlib import Path, PurePath

from lxml import etree

from api.errors import BadInput
from api.word_text import word_text

KINDS = (".txt", ".md", ".html", ".htm", ".docx")
LARGEST = 20 * 1024 * 1024
_MARKED = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_document_text(path: Path, kinds: tuple[str, ...] = KINDS) -> str:
    """The text of the file, as `document_text` gives it; reads at most LARGEST. Raises BadInput."""
    _check_kind(str(path), kinds)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
            raise BadInput(f"{path}：读不到文件（不是普通文件），请检查路径")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput(f"{path}：读不到文件（{error.strerror}），请检查路径") from error
    return document_text(str(path), content, kinds)


def document_text(name: str, content: bytes, kinds: tuple[str, ...] = KINDS) -> str:
    """The text of a file of one of these kinds; of .html and .docx without markup.

    A file without any text is refused: a scan must not look like a paper without deadlines.
    Raises BadInput, which begins with the name.
    """
    suffix = _check_kind(name, kinds)
    if len(content) > LARGEST:
        raise BadInput(f"{name}：文件超过 20 MB，请只留正文再读")
    if suffix == ".docx":
        text = word_text(name, content)
    elif suffix.startswith(".htm"):
        text = _without_tags(_decoded(name, content, _declared(content)))
    else:
        text = _decoded(name, content, "gb18030")
    if not text.strip():
        raise BadInput(f"{name}：没有读到文字（空文件，或者只有图片），请换成有文字的文件")
    return text


def _check_kind(name: str, kinds: tuple[str, ...]) -> str:
    """The name's suffix. Raises BadInput."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in kinds:
        known = "、".join(kind for kind in kinds if kind != ".htm")
        raise BadInput(f"{name}：只能读 {known} 文件，请另存为其中一种")
    return suffix


def _decoded(name: str, content: bytes, otherwise: str) -> str:
    """As its mark says; without one UTF-8, else the other encoding."""
    encodings: tuple[str, ...] = ("utf-8", otherwise)
    for mark, encoding in _MARKED:
        if content.startswith(mark):
            content, encodings = content[len(mark) :], (encoding,)
            break
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" in text:
                raise BadInput(f"{name}：含有空字符，不是文本文件，请检查文件")
            return text
    raise BadInput(f"{name}：文件不是 UTF-8、UTF-16（带 BOM）或 GB18030 编码的文本，请另存为 UTF-8")


_BIG5 = re.compile(rb"<meta[^>]{0,300}?charset\s{0,9}=[\s\"']{0,9}big5", re.IGNORECASE)


def _declared(page: bytes) -> str:
    """The encoding that a page not in UTF-8 says it is in; GB18030 holds all of GB2312 and GBK."""
    return "big5hkscs" if _BIG5.search(page, 0, 4096) else "gb18030"


_SILENT = frozenset(("script", "style", "head", "title", "noscript", "template"))
_BLOCKS = frozenset(
    (
        *("p", "div", "br", "hr", "li", "ul", "ol", "dl", "dt", "dd", "pre", "blockquote"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "center", "caption", "form", "article", "aside"),
        *("figure", "footer", "header", "main", "nav", "section"),
    )
)
_CELLS = frozenset(("td", "th"))
_ROWS = frozenset(("tr", "thead", "tbody", "tfoot", "table"))
_SEPARATORS = ("", "\n", " | ", "\n")  # nothing, block, cell, row: the greatest one met counts
_SOURCE_BREAK = re.compile(r"[ \t]{0,200}[\r\n]{1,200}[ \t\r\n]{0,200}")


class _Page:
    """Text of a page: a line for each block, | between the cells of a row; for lxml's parser."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._words: list[str] = []
        self._separator = 0
        self._silent = 0  # open elements, counted from the silent one

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if self._silent or tag in _SILENT:
            self._silent += 1
        self._break(tag)

    def end(self, tag: str) -> None:
        if self._silent:
            self._silent -= 1
        self._break(tag)

    def data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)

    def close(self) -> str:
        self._say()
        return "".join(self._text)

    def _break(self, tag: str) -> None:
        met = 3 if tag in _ROWS else 2 if tag in _CELLS else 1 if tag in _BLOCKS else 0
        if met:
            self._say()
            self._separator = max(self._separator, met)

    def _say(self) -> None:
        # A line break in the source is no break of the text.
        words = _SOURCE_BREAK.sub("", "".join(self._words))
        self._words.clear()
        if words.strip():
            self._text += (_SEPARATORS[self._separator] if self._text else "", words)
            self._separator = 0


def _without_tags(markup: str) -> str:
    # The standard library's parser takes minutes for some pages of 60 kB.
    parser = etree.HTMLParser(target=_Page(), encoding="utf-8", huge_tree=True)
    try:
        return str(etree.fromstring(markup.encode(), parser))
    except etree.LxmlError:
        return ""
