"""What was read in loaded texts. A text that is loaded never changes, so a process reads it once;
how its time phrases stand is worked out again when the catalogue is another."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from engine.loaded_texts import LoadedText
from rules.audit import Standing, Verdict
from rules.catalogue_files import Catalogue
from rules.reader import Hit, Reading, read_document
from rules.succession import audited

PATIENCE = 0.05  # seconds that a page waits; 10 pages take 0.02, 200,000 characters 0.4
_MOST = 100_000  # time phrases in memory; a document of 10 pages has about 70
_Read = tuple[Hit, ...]


class ReadTexts:
    """One text at a time is read, in a thread of its own: a large one takes hundreds of megabytes."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._reader = ThreadPoolExecutor(1, "read-texts")
        self._lock = Lock()
        self._read: dict[int, Future[_Read]] = {}
        self._stand: dict[int, tuple[Catalogue, tuple[Verdict, ...]]] = {}

    def read(self, content: str, document: str = "") -> Reading:
        """Read a text that is not loaded, when it is its turn."""
        return self._reader.submit(read_document, content, document).result()

    def begin(self, texts: Iterable[LoadedText]) -> None:
        """Read these in the background, before somebody asks."""
        for loaded in texts:
            self._asked(loaded)

    def keep(self, loaded: LoadedText, hits: _Read) -> None:
        """It was read when it was loaded."""
        done: Future[_Read] = Future()
        done.set_result(hits)
        with self._lock:
            self._read[_id(loaded)] = done

    def verdicts(self, loaded: LoadedText, catalogue: Catalogue) -> tuple[Verdict, ...]:
        """How each time phrase stands, however long reading takes."""
        return self._audited(loaded, catalogue, self._asked(loaded).result())

    def verdicts_by_now(
        self, id_: int, catalogue: Catalogue, loaded: Callable[[], LoadedText], wait: bool = True
    ) -> tuple[Verdict, ...] | None:
        """The same, or None while the text is still being read, for which it waits a moment or not
        at all. `loaded` is asked for the text where it is needed."""
        known = self._stand.get(id_)
        if known and known[0] is catalogue:
            return known[1]
        text = loaded()
        try:
            hits = self._asked(text).result(self._patience if wait else 0)
        except TimeoutError:
            return None
        return self._audited(text, catalogue, hits)

    def close(self) -> None:
        """Let go of what waits to be read."""
        self._reader.shutdown(wait=False, cancel_futures=True)

    def _asked(self, loaded: LoadedText) -> "Future[_Read]":
        id_ = _id(loaded)
        with self._lock:
            if id_ not in self._read:
                self._forget()
                self._read[id_] = self._reader.submit(_hits, loaded.content, loaded.text)
            return self._read[id_]

    def _audited(
        self, loaded: LoadedText, catalogue: Catalogue, hits: _Read
    ) -> tuple[Verdict, ...]:
        id_ = _id(loaded)
        known = self._stand.get(id_)
        if known is None or known[0] is not catalogue:
            known = catalogue, audited(loaded.content, loaded.text, hits, catalogue)
            self._stand[id_] = known
        return known[1]

    def _forget(self) -> None:
        """The texts that were asked for first, where there is too much."""
        held = sum(len(one.result()) for one in self._read.values() if one.done())
        for id_ in list(self._read):
            if held < _MOST:
                return
            if self._read[id_].done():
                held -= len(self._read.pop(id_).result())
                self._stand.pop(id_, None)


def counted(verdicts: tuple[Verdict, ...]) -> dict[Standing, int]:
    """How many phrases stand in each way."""
    found = Counter(verdict.standing for verdict in verdicts)
    return {standing: found[standing] for standing in Standing}


def _hits(content: str, text: str) -> _Read:
    return read_document(content, text).hits


def _id(loaded: LoadedText) -> int:
    assert loaded.id is not None
    return loaded.id
