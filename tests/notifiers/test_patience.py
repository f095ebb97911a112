"""Patience: others are given their time, whatever we are busy with meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from notifiers.patience import LONGEST, STEPS, Patience


class Loop(asyncio.SelectorEventLoop):
    """An event loop that was busy for so many seconds."""

    busy = 0.0

    def time(self) -> float:
        return super().time() + self.busy


def on_a_busy_loop(play: Callable[[Loop], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=Loop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        runner.run(play(loop))


async def work(loop: Loop, seconds: float) -> None:
    """Come so much later to whatever is due."""
    loop.busy += seconds
    for _ in range(5):
        await asyncio.sleep(0)


async def wait(loop: Loop, seconds: float, times: int) -> None:
    """For what does not come, while we work for so many seconds, so many times."""
    async with Patience(100.0):
        for _ in range(times):
            await work(loop, seconds)


def test_what_comes_while_we_are_busy_is_not_too_late() -> None:
    on_a_busy_loop(lambda loop: wait(loop, 100.0, 3))


def test_who_lets_every_step_pass_is_not_waited_for() -> None:
    with pytest.raises(TimeoutError):
        on_a_busy_loop(lambda loop: wait(loop, 100.0 / STEPS, STEPS + 1))


def test_nobody_is_waited_for_without_end() -> None:
    with pytest.raises(TimeoutError):
        on_a_busy_loop(lambda loop: wait(loop, LONGEST * 100.0, 1))


def test_what_has_come_may_take_its_time() -> None:
    async def play(loop: Loop) -> None:
        async with Patience(100.0) as waiting:
            waiting.end()
            await work(loop, LONGEST * 100.0)
        assert waiting.over

    on_a_busy_loop(play)
