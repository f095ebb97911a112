"""What many ask for at the same time is done in one go."""

import asyncio
from collections.abc import Sequence
from threading import Event

from engine.places import Places
from engine.together import Desk, Together


def test_who_comes_while_a_go_is_under_way_goes_together_in_the_next() -> None:
    goes: list[list[int]] = []
    go_on = Event()

    def double(questions: Sequence[int]) -> list[int]:
        goes.append(list(questions))
        go_on.wait(10)
        return [2 * question for question in questions]

    async def ask() -> list[int]:
        desk = Desk()
        together = Together(desk, double)
        first = asyncio.create_task(together.ask(1))
        while not goes:
            await asyncio.sleep(0)
        others = [asyncio.create_task(together.ask(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        go_on.set()
        answers = [await task for task in (first, *others)]
        answers.append(await together.ask(5))  # and once more, after a pause
        desk.close()
        return answers

    assert asyncio.run(ask()) == [2, 4, 6, 8, 10]
    assert goes == [[1], [2, 3, 4], [5]]


def test_one_that_fails_spoils_none_of_the_others() -> None:
    def divide(questions: Sequence[int]) -> list[float | Exception]:
        return [12 / question if question != 5 else KeyError("five") for question in questions]

    async def ask() -> list[float | BaseException]:
        desk = Desk()
        together = Together(desk, divide)
        found = await asyncio.gather(
            *(together.ask(number) for number in (3, 0, 5, 4)), return_exceptions=True
        )
        desk.close()
        return found

    first, second, third, fourth = asyncio.run(ask())
    assert (first, fourth) == (4, 3)
    assert isinstance(second, ZeroDivisionError)
    assert isinstance(third, KeyError)


def test_who_wants_many_places_is_not_overtaken() -> None:
    order: list[str] = []

    async def take(places: Places, name: str, number: int) -> None:
        await places.take(number)
        order.append(name)

    async def play() -> None:
        places = Places(4)
        await places.take(3)
        many = asyncio.create_task(take(places, "many", 4))
        await asyncio.sleep(0)
        one = asyncio.create_task(take(places, "one", 1))
        for _ in range(3):
            await asyncio.sleep(0)
            assert order == []
            places.give_back()
        await many
        places.give_back(4)
        await one

    asyncio.run(play())
    assert order == ["many", "one"]
