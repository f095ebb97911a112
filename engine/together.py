"""Together: what many ask for at about the same time is done in one go, with one transaction and one
fsync. Who asks while a go is under way waits, and all who came meanwhile go together in the next.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """`do` answers questions in one go, in their order, in another thread and in its `turn`. Where it
    raises, and so has done nothing, each is asked again alone: one does not spoil the others."""

    def __init__(
        self, do: Callable[[Sequence[Q]], Sequence[A | Exception]], turn: asyncio.Lock
    ) -> None:
        self._do, self._turn = do, turn
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
            async with self._turn:
                asked, self._asked = self._asked, []
                questions = [question for question, _ in asked]
                answers = await asyncio.to_thread(self._answers, questions)
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
