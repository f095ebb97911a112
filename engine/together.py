"""Together: what many ask for at about the same time is done in one go, with one transaction and one
fsync. Who asks while a go is under way waits, and all who came meanwhile go together in the next.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Desk:
    """Where the work on the database is done: in a thread of its own, one piece at a time, so that what
    is on the wire goes on meanwhile."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    async def alone(self, work: Callable[..., A], *given: Any) -> A:
        """One piece of work, in its turn."""
        async with self.turn:
            return await self.run(work, *given)

    async def run(self, work: Callable[..., A], *given: Any) -> A:
        """For who has the turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


class Together(Generic[Q, A]):
    """`do` answers questions in one go, in their order, at the desk. Where it raises, and so has done
    nothing, each is asked again alone: one does not spoil the others."""

    def __init__(self, desk: Desk, do: Callable[[Sequence[Q]], Sequence[A | Exception]]) -> None:
        self._desk, self._do = desk, do
        self._asked: list[tuple[Q, asyncio.Future[A]]] = []
        self._going: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer; raised where it is an exception."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._asked.append((question, answer))
        if self._going is None:  # a task of its own: whoever gives up takes nobody with him
            self._going = asyncio.create_task(self._go())
        return await answer

    async def _go(self) -> None:
        while self._asked:
            async with self._desk.turn:
                asked, self._asked = self._asked, []
                questions = [question for question, _ in asked]
                answers = await self._desk.run(self._answers, questions)
            for (_, future), answer in zip(asked, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        self._going = None

    def _answers(self, questions: Sequence[Q]) -> Sequence[A | Exception]:
        try:
            return self._do(questions)
        except Exception as error:
            if len(questions) == 1:
                return [error]
            return [answer for one in questions for answer in self._answers([one])]
