"""The pages in the head of each page, those that the viewer may open."""

from dataclasses import dataclass

from api.viewer import Viewer


@dataclass(frozen=True)
class Entry:
    """One of them."""

    title: str
    path: str
    below: tuple[str, ...] = ()  # pages that belong to it and lie elsewhere

    def leads_to(self, path: str) -> bool:
        """Is the page at that path this one, or one below it?"""
        if path == self.path or path in self.below:
            return True
        return self.path != "/" and path.startswith(f"{self.path}/")


ENTRIES = (
    Entry("总览", "/"),
    Entry("日历", "/calendar", ("/feeds",)),
    Entry("待办", "/obligations", ("/events",)),
    Entry("文件", "/documents"),
    Entry("规则与口径", "/rules"),
    Entry("单位", "/units", ("/import",)),
    Entry("送达", "/deliveries"),
    Entry("统计", "/statistics"),
    Entry("系统", "/system", ("/messages",)),
)


def entries_of(viewer: Viewer | None) -> list[Entry]:
    """What the viewer may open; nothing where nobody is signed in."""
    if viewer is None:
        return []
    return [one for one in ENTRIES if viewer.may(f"GET {one.path}")]
