"""kill -9 at eight points: nothing is lost, and what may come twice says so. `make chaos` does more."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNMARKED = (
    "from engine.digest import Composer as C; compose = C.compose; "
    "C.compose = lambda *given: compose(*given[:-1], False)"
)
FORGETFUL = "import engine.retries; engine.retries.LAST_ATTEMPT = 1"
RUN = "from tests.chaos.__main__ import main; sys.exit(main())"


def chaos(rounds: int, database: str, spoil: str = "") -> subprocess.CompletedProcess[str]:
    """The harness in a process of its own, for it forks. `spoil` is done to the product first."""
    options = ("--rounds", str(rounds), "--databases", database)
    code = f"import sys; {spoil}; {RUN}" if spoil else f"import sys; {RUN}"
    command = [sys.executable, "-W", "ignore", "-c", code, *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_rounds(database: str) -> None:
    done = chaos(20, database)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "rounds=20 lost=0 unmarked_duplicates=0"


def test_a_product_that_does_not_mark_is_found_out() -> None:
    done = chaos(8, "sqlite", UNMARKED)
    assert done.returncode == 1, done.stderr
    last = dict(pair.split("=") for pair in done.stdout.splitlines()[-1].split())
    assert (last["rounds"], last["lost"]) == ("8", "0")
    assert int(last["unmarked_duplicates"]) > 0


def test_a_product_that_forgets_what_was_on_the_wire_is_found_out() -> None:
    done = chaos(8, "sqlite", FORGETFUL)
    assert done.returncode == 1, done.stderr
    last = dict(pair.split("=") for pair in done.stdout.splitlines()[-1].split())
    assert int(last["lost"]) > 0
