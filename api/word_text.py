"""Word 正文: the text of a .docx, in reading order.

Body, text boxes (after the paragraph that holds them), then footnotes, endnotes and SmartArt.
Tracked insertions are text, tracked deletions are not. Not read: headers and footers, comments,
automatic numbers, pictures, charts, and what a field is computed from.

Only these parts are unpacked, each within bounds. python-docx parses them and resolves their names;
its own opener would unpack everything, and stops at a picture linked to a bookmark.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from docx.opc.packuri import PACKAGE_URI, PackURI
from docx.oxml import parse_xml
from lxml import etree

from api.errors import BadInput

LARGEST_XML = 20 * 1024 * 1024
MOST_ENTRIES = 10_000
# An element or attribute takes about 130 bytes when parsed, however short it is.
MOST_MARKS = 1_500_000
_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory, whatever count the zip declares
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = 1
_MORE_TEXT = ("footnotes", "endnotes", "diagramData")
_UNREADABLE = (
    *(BadZipFile, zlib.error, struct.error, etree.XMLSyntaxError),
    *(EOFError, KeyError, NotImplementedError, OSError, ValueError),
)
_SAVE_AGAIN = "请用 Word 或 WPS 打开后另存为 .docx"


def word_text(name: str, content: bytes) -> str:
    """The text of a .docx file; a line for each paragraph and row. Raises BadInput."""
    if content.startswith(_OLE):
        raise BadInput(f"{name}：是旧版 .doc 或者加了密码的文件，去掉密码，{_SAVE_AGAIN}")
    if content.count(_ENTRY) > MOST_ENTRIES:
        raise BadInput(f"{name}：里面的文件超过 {MOST_ENTRIES} 个，不像 Word 文档，{_SAVE_AGAIN}")
    try:
        with ZipFile(BytesIO(content)) as archive:
            lines: list[str] = []
            for part in _Package(name, archive).parts():
                _blocks(part, lines)
            return "".join(lines)
    except _UNREADABLE as error:
        raise BadInput(f"{name}：不是 .docx 文件或者已经损坏，{_SAVE_AGAIN}") from error


@dataclass(frozen=True)
class _Package:
    """The zip of a .docx; `name` begins what is said when it is refused."""

    name: str
    archive: ZipFile

    def parts(self) -> Iterator[etree._Element]:
        """The document itself, then its notes and SmartArt."""
        main = next(
            (at for kind, at in self._targets(PACKAGE_URI) if kind == "officeDocument"), None
        )
        if main is None:
            raise BadInput(f"{self.name}：不是 Word 文档，{_SAVE_AGAIN}")
        more = dict.fromkeys(at for kind, at in self._targets(main) if kind in _MORE_TEXT)
        entries = [self.archive.getinfo(at.membername) for at in (main, *more)]
        if sum(entry.file_size for entry in entries) > LARGEST_XML:
            raise self._too_large()
        document = self._parsed(entries[0])
        if _kind(document) != "document":
            raise BadInput(f"{self.name}：不是 Word 文档，{_SAVE_AGAIN}")
        if any(document.find(f".//{{*}}{inserted}") is not None for inserted in _INSERTED):
            raise BadInput(f"{self.name}：正文里插入了另外的文件，{_SAVE_AGAIN}")
        yield document
        yield from map(self._parsed, entries[1:])

    def _targets(self, source: PackURI) -> Iterator[tuple[str, PackURI]]:
        """What the part is related to inside the package: the kind and the name of each part."""
        if source.rels_uri.membername not in self.archive.NameToInfo:
            return
        relations = self._parsed(self.archive.getinfo(source.rels_uri.membername))
        for relation in relations.iterfind("{*}Relationship"):
            if relation.get("TargetMode") != "External":
                at = PackURI.from_rel_ref(source.baseURI, relation.get("Target", ""))
                yield relation.get("Type", "").rpartition("/")[2], at

    def _parsed(self, entry: ZipInfo) -> etree._Element:
        if entry.flag_bits & _ENCRYPTED:
            raise BadInput(f"{self.name}：加了密码，请去掉密码，{_SAVE_AGAIN}")
        # Other methods (bzip2, LZMA) unpack without a bound; Word knows only these two.
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadZipFile(f"compression {entry.compress_type}")
        if entry.file_size > LARGEST_XML:
            raise self._too_large()
        with self.archive.open(entry) as file:
            # Never read(): it unpacks all there is, and only then cuts to the declared size.
            xml = file.read(entry.file_size + 1)
        if xml.count(b"<") + xml.count(b"=") > MOST_MARKS:
            raise self._too_large()
        # Expands no entity, loads nothing from outside, and limits depth and the length of a text.
        root = parse_xml(xml)
        if root.getroottree().docinfo.doctype:
            # What an unexpanded entity stands for would be lost.
            raise BadInput(f"{self.name}：含有 DOCTYPE，不是 Word 写的文档，{_SAVE_AGAIN}")
        return root

    def _too_large(self) -> BadInput:
        return BadInput(f"{self.name}：解压后超过 20 MB 或者格式过于零碎，请只留正文再读")


_INSERTED = ("altChunk", "subDoc")
# Properties; what tracked changes took away; a drawing's second version; the sound over a character.
_NO_TEXT = frozenset(("pPr", "rPr", "del", "moveFrom", "Fallback", "rt"))
_SIGNS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}


def _kind(element: etree._Element) -> str:
    """The name without its namespace: Word has two, strict and transitional."""
    return str(element.tag).rpartition("}")[2]


def _blocks(parent: etree._Element, lines: list[str]) -> None:
    """Add the paragraphs and rows, however deep in content controls and the like they are."""
    for child in parent.iterchildren("*"):
        kind = _kind(child)
        if kind == "p":
            boxes: list[str] = []
            _words(child, lines, boxes)
            if child.find("{*}pPr/{*}rPr/{*}del") is None:  # else it runs on into the next one
                lines.append("\n")
            lines += boxes
        elif kind == "tr":
            cells = [cell for cell in _cells(child) if cell]
            lines.append(" | ".join(cells) + "\n" if cells else "")
        elif kind not in _NO_TEXT:
            _blocks(child, lines)


def _words(parent: etree._Element, words: list[str], boxes: list[str]) -> None:
    for child in parent.iterchildren("*"):
        kind = _kind(child)
        if kind == "t":
            words.append(child.text or "")
        elif kind in _SIGNS:
            words.append(_SIGNS[kind])
        elif kind == "txbxContent":
            _blocks(child, boxes)
        elif kind not in _NO_TEXT:
            _words(child, words, boxes)


def _cells(row: etree._Element) -> Iterator[str]:
    """The cells of a row; a cell merged with the one above is not there."""
    for child in row.iterchildren("*"):
        kind = _kind(child)
        if kind == "tc":
            if not _goes_on(child):
                lines: list[str] = []
                _blocks(child, lines)
                yield "".join(lines).strip("\n")
        elif kind not in _NO_TEXT:
            yield from _cells(child)


def _goes_on(cell: etree._Element) -> bool:
    merged = cell.find("{*}tcPr/{*}vMerge")
    return merged is not None and "restart" not in merged.values()
