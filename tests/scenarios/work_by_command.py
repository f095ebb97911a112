"""A worker process for test_kill: does on the real clock what it is told on its input.

    python -m tests.scenarios.work_by_command CONFIG LEASE_SECONDS

`plan` derives and plans without sending; `tick` does it all; `send` sends what waits; each is
answered by a line. It ends with its input.
"""

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from engine.clock import read_clock
from engine.tick import tick
from tests.scenarios.playing import Office


class _Nobody:
    """A dispatcher that leaves the work to be found."""

    def wake(self, shards: Iterable[int]) -> None:
        """Nothing."""


def main(config: Path, lease: timedelta) -> None:
    settings = config.read_text(encoding="utf-8")
    with Office(config.parent, settings, read_clock(), lease) as office:
        print("ready", flush=True)
        for line in sys.stdin:
            office.now = read_clock()
            match line.strip():
                case "plan":
                    tick(office.db, office.agency, office.calendar, _Nobody(), office.now)
                case "tick":
                    office.tick()
                case "send":
                    office.wake()
            print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), timedelta(seconds=float(sys.argv[2])))
