"""What WeCom sends to an application: checked, decrypted, read. Pure.

developer.work.weixin.qq.com/document/path/90968: AES-256-CBC with the key's first 16 bytes as IV;
the plain text is 16 random bytes, its length in four bytes, the text, and the CorpID; padded by
PKCS#7 to blocks of 32 bytes.
"""

import hmac
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from notifiers.wecom_application import Callback

_BLOCK, _RANDOM, _LENGTH = 32, 16, 4


class NotGenuine(Exception):
    """It does not come from WeCom, is not for this application, or is not what WeCom sends."""


@dataclass(frozen=True)
class Signature:
    """What stands in the address of a callback."""

    signature: str
    timestamp: str
    nonce: str


def opened(keys: Callback, corp_id: str, encrypted: str, signed: Signature) -> bytes:
    """The text that WeCom encrypted. Raises NotGenuine."""
    parts = sorted((keys.token, signed.timestamp, signed.nonce, encrypted))
    expected = sha1("".join(parts).encode()).hexdigest()
    if not hmac.compare_digest(expected.encode(), signed.signature.encode()):
        raise NotGenuine
    return _decrypted(b64decode(f"{keys.aes_key}="), corp_id, encrypted)


def _decrypted(key: bytes, corp_id: str, encrypted: str) -> bytes:
    try:
        cipher = Cipher(AES(key), CBC(key[:16])).decryptor()
        padded = cipher.update(b64decode(encrypted, validate=True)) + cipher.finalize()
    except ValueError:  # not base64, or not whole blocks
        raise NotGenuine from None
    count = padded[-1] if padded else 0
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise NotGenuine
    plain = padded[_RANDOM:-count]
    length = int.from_bytes(plain[:_LENGTH], "big")
    text, receiver = plain[_LENGTH : _LENGTH + length], plain[_LENGTH + length :]
    if len(text) != length or receiver != corp_id.encode():
        raise NotGenuine
    return text


def fields(xml: bytes) -> dict[str, str]:
    """The texts of the elements directly under the root. Raises NotGenuine; a document type is
    refused, and nothing outside the text is read."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotGenuine from None
    if root.getroottree().docinfo.doctype:
        raise NotGenuine
    return {str(child.tag): (child.text or "").strip() for child in root.iterchildren("*")}
