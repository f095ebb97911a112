"""The cards that went out over a robot's line: a change of one has to say the whole of it again."""

from collections import OrderedDict
from threading import Lock
from typing import Any

_MOST = 5000


class SentCards:
    """The newest of them, as long as the process lives."""

    def __init__(self) -> None:
        self._cards: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def keep(self, card: dict[str, Any]) -> None:
        """Remember a card that was taken over."""
        with self._lock:
            self._cards[card["task_id"]] = card
            while len(self._cards) > _MOST:
                self._cards.popitem(last=False)

    def closed(self, task: str, words: str) -> dict[str, Any] | None:
        """The card with words in the place of its button; None where it is not remembered."""
        with self._lock:
            card = self._cards.get(task)
        return card and {**card, "button_list": [{**card["button_list"][0], "text": words}]}
