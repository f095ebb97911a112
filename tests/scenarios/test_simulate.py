"""A simulation says what a real clock would have sent."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from api.configuration import load_configuration
from engine.agency import Agency
from engine.simulation import simulate
from engine.workdays import work_calendar
from tests.scenarios.playing import Office, duty, interpretation, told, unit, wall

ROOT = Path(__file__).parents[2]
FIRST, LAST = date(2026, 9, 14), date(2026, 10, 16)

CONSOLE = '[[channel]]\nid = "console"\nkind = "console"\n'
DUE_ON_THE_12TH = (
    CONSOLE
    + unit("commerce", "商务局", "console")
    + duty("27", "commerce", since="2026-09-01")
    + interpretation("27", "P1M;after=12D")
)


def agency_of(folder: Path, settings: str) -> Agency:
    file = folder / "config.toml"
    file.write_text(settings, encoding="utf-8")
    return load_configuration(file).agency


def test_the_ladder_of_a_date_after_the_national_day(tmp_path: Path) -> None:
    """5, 3, 1 and 0 working days before 12 October, which 10 October is one of."""
    agency = agency_of(tmp_path, DUE_ON_THE_12TH)
    messages = simulate(agency, work_calendar(), date(2026, 9, 21), date(2026, 10, 12))
    found = [
        (wall(message.delivery.planned_at), [alert.rung for alert, _ in message.alerts])
        for message in messages
    ]
    assert found == [
        ("09-29 09:00", ["5"]),
        ("10-08 09:00", ["3"]),
        ("10-10 09:00", ["1"]),
        ("10-12 09:00", ["0"]),
    ]


def test_nothing_is_sent_or_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agency = agency_of(tmp_path, DUE_ON_THE_12TH)
    list(simulate(agency, work_calendar(), FIRST, LAST))
    assert capsys.readouterr().out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_the_example_is_simulated_as_it_would_be_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    agency = agency_of(tmp_path, example)
    simulated = [
        (message.delivery.planned_at, message.delivery.recipient, message.delivery.body)
        for message in simulate(agency, work_calendar(), FIRST, LAST)
    ]
    # A simulation takes what fell due before its first day as done: so does this office.
    since_the_first_day = example.replace("from = 2026-01-01", f"from = {FIRST}")
    with Office(tmp_path, since_the_first_day, "2026-09-14 00:00") as office:
        for day in range((LAST - FIRST).days + 1):
            for clock in ("08:00", "09:00", "12:00", "20:00"):
                office.tick(f"{FIRST + timedelta(days=day)} {clock}")
        played = [(row.planned_at, row.recipient, row.body) for row in office.deliveries()]
    printed = capsys.readouterr().out
    assert simulated == played
    assert len(played) > 100
    assert all(told(body) for _, _, body in played)
    heads = [line for line in printed.splitlines() if line.startswith("──── ")]
    assert len(heads) == len(played)
