"""Crash tests: python -m tests.chaos [--rounds 200] [--databases sqlite,postgresql]

kill -9 at eight points, with 1, 2 and 4 workers. The last line is the result; exit status 1 when a
message was lost, or came twice without saying so, or the ledger is not in order afterwards.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.databases import DATABASES
from tests.chaos.points import Point
from tests.chaos.rounds import Result, begin, build_agency, play, undisturbed
from tests.chaos.sink import sink


def run(kind: str, rounds: int, port: int, first: int) -> Result:
    """So many rounds on one kind of database, with a line for each point."""
    by_point = {point: Result() for point in Point}
    total = Result()
    with TemporaryDirectory() as folder:
        agency = build_agency(Path(folder))
        databases = DATABASES[kind](Path(folder), begin(agency))
        expected = undisturbed(databases, agency, port)
        for number in range(first, first + rounds):
            result = play(databases, agency, port, number, expected)
            by_point[list(Point)[number % len(Point)]].add(result)
            total.add(result)
    for point, result in by_point.items():
        print(f"{kind:10} {point:40} {in_words(result)}")
    return total


def in_words(result: Result) -> str:
    """The counts of some rounds on one line."""
    return (
        f"rounds={result.rounds} killed={result.killed} lost={result.lost} "
        f"marked={result.marked} unmarked={result.unmarked} ledger_faults={result.faults}"
    )


def main() -> int:
    """Exit status."""
    parser = ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--rounds", type=int, default=200, help="rounds on each database")
    parser.add_argument("--databases", default="sqlite,postgresql")
    given = parser.parse_args()
    total = Result()
    with sink() as port:
        for kind in given.databases.split(","):
            total.add(run(kind, given.rounds, port, first=total.rounds))
    print(f"rounds={total.rounds} lost={total.lost} unmarked_duplicates={total.unmarked}")
    return 1 if total.lost or total.unmarked or total.faults else 0


if __name__ == "__main__":
    sys.exit(main())
