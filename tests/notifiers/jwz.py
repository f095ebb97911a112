"""Threads as mail programs make them: Jamie Zawinski's algorithm, without its guess by subject."""

from collections.abc import Iterable
from email.message import EmailMessage
from itertools import pairwise


def threads(letters: Iterable[EmailMessage]) -> list[list[EmailMessage]]:
    """The letters by thread, threads and letters in the order of arrival."""
    parent: dict[str, str] = {}
    letters = list(letters)
    for letter in letters:
        own = str(letter["Message-ID"])
        line = str(letter["References"] or letter["In-Reply-To"] or "").split()
        for above, below in pairwise(line):
            if below not in parent and _root(above, parent) != below:
                parent[below] = above
        if line and _root(line[-1], parent) != own:
            parent[own] = line[-1]
    found: dict[str, list[EmailMessage]] = {}
    for letter in letters:
        found.setdefault(_root(str(letter["Message-ID"]), parent), []).append(letter)
    return list(found.values())


def _root(id_: str, parent: dict[str, str]) -> str:
    while id_ in parent:
        id_ = parent[id_]
    return id_
