"""The command `qixian` in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest
from qixian_command import EXAMPLE, Ran, Run

from api.command_line import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QIXIAN_CONFIG", raising=False)
    monkeypatch.delenv("QIXIAN_TOKEN", raising=False)
    return tmp_path


@pytest.fixture
def example(folder: Path) -> Path:
    """The example configuration as config.toml."""
    path = folder / "config.toml"
    path.write_bytes(EXAMPLE.read_bytes())
    return path


@pytest.fixture
def qixian(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ran(end.value.code, out, err)

    return run


@pytest.fixture
def refused(qixian: Run) -> Callable[..., str]:
    """Runs a line that must be refused, and gives its one Chinese sentence."""

    def run(*arguments: str) -> str:
        ran = qixian(*arguments)
        sentence = ran.err.removeprefix("qixian: ").rstrip("\n")
        assert (ran.status, ran.err) == (2, f"qixian: {sentence}\n"), ran
        assert "\n" not in sentence
        assert any("一" <= letter <= "鿿" for letter in sentence), sentence
        return sentence

    return run
