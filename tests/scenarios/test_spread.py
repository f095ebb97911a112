"""A thousand messages of one morning do not leave in one second."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

from api.configuration import load_configuration
from engine.ladder import DEFAULT_HOURS
from engine.spread import spread_after
from tests.builders import Box
from tests.scenarios.playing import Office, duty, shanghai, unit

NINE = shanghai("2026-09-30 09:00")


def test_a_thousand_at_nine_are_all_before_five_past() -> None:
    waits = [spread_after(DEFAULT_HOURS, "mail", f"a{n}@x.cn", NINE) for n in range(1000)]
    seconds = Counter(int(wait.total_seconds()) for wait in waits)
    assert min(seconds) >= 1  # never the first second of the hour
    assert max(seconds) < 5 * 60
    assert max(seconds.values()) < 1000 * 0.05
    assert len(seconds) > 200


def test_a_recipient_has_the_same_place_all_day_and_another_one_tomorrow() -> None:
    place = spread_after(DEFAULT_HOURS, "mail", "a@x.cn", NINE)
    assert place == spread_after(DEFAULT_HOURS, "mail", "a@x.cn", NINE)
    others = {spread_after(DEFAULT_HOURS, "mail", "a@x.cn", shanghai(f"2026-09-{day} 09:00")) for day in range(10, 30)}  # fmt: skip
    assert len(others) > 10


def test_later_in_the_day_nothing_waits() -> None:
    for moment in ("09:01", "09:30", "10:00", "08:59", "17:59"):
        assert not spread_after(DEFAULT_HOURS, "mail", "a@x.cn", shanghai(f"2026-09-30 {moment}"))


SETTINGS = (
    '[[channel]]\nid = "box"\nkind = "console"\n'
    + "".join(unit(f"u{n}", f"第{n}单位", "box") for n in range(20))
    + duty("02", *(f"u{n}" for n in range(20)))
    + duty("59", "u0")
)


def test_an_office_spreads_its_morning_and_nothing_urgent(tmp_path: Path) -> None:
    with Office(tmp_path, SETTINGS, "2026-09-30 09:00", spread=True) as office:
        box = Box()
        office.replace_channel("box", box)
        office.event("u0", "2026-09-30 08:30", "演练")
        office.tick()
        # The matter of the hour goes at once, and takes its recipient's others with it.
        assert [("第0单位" in message.body) for message in box.messages] == [True]
        office.tick()  # twice at the same instant changes nothing
        seen = [len(box.messages)]
        for _ in range(5 * 12):
            office.wait(seconds=5)
            seen.append(len(box.messages))
        assert seen[-1] == len(office.deliveries()) == 20
        assert max(after - before for before, after in pairwise(seen)) <= 4
        assert office.now == shanghai("2026-09-30 09:05")


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("[reminders]\nspread = false\n", encoding="utf-8")
    assert not load_configuration(file).agency.spread
    file.write_text("", encoding="utf-8")
    assert load_configuration(file).agency.spread
