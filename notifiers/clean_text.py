"""Text that every channel can carry."""

# JSON has to write control characters as \u00xx, which WeCom refuses (40033), and a terminal
# obeys them. Line feed and tab stay; a carriage return before a line feed is no loss.
_CONTROL = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)])


def clean(text: str) -> str:
    """`text` without control characters, and with “?” for half characters. Never longer."""
    return text.translate(_CONTROL).encode("utf-8", "replace").decode()
