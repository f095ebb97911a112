"""The built wheel, installed into a fresh environment, works without the tree."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from source import ROOMS, ROOT

from rules.catalogue_files import load_catalogue


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must end well."""
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "QIXIAN"))
    }
    done = subprocess.run(
        command, cwd=cwd, env=clean, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    run(*build, ROOT, cwd=folder)
    (built,) = folder.glob("qixian-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that has the wheel, and sees our libraries."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home.parent)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home.parent)
    (site,) = home.glob("lib/python*/site-packages")
    # A folder named in a .pth is searched, but its own .pth files, the editable install, are not.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def test_the_wheel_holds_four_packages_and_their_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == set(ROOMS)
    data = [
        *ROOT.glob("rules/catalogue/*.toml"),
        *ROOT.glob("engine/migrations/**/*.py"),
        ROOT / "engine" / "common_passwords.txt",
        ROOT / "engine" / "migrations" / "script.py.mako",
        *ROOT.glob("api/templates/*.html"),
        *ROOT.glob("api/static/*"),
    ]
    assert {str(path.relative_to(ROOT)) for path in data} <= names


def test_the_installed_packages_lie_side_by_side(installed: Path, tmp_path: Path) -> None:
    ask = "import api, engine, notifiers, rules; print(api.__file__, engine.__file__, notifiers.__file__, rules.__file__)"
    places = run(installed / "python", "-c", ask, cwd=tmp_path).split()
    assert {Path(place).parents[1] for place in places} == set(
        (installed.parent / "lib").glob("python*/site-packages")
    )


def test_the_installed_command_knows_every_rule(installed: Path, tmp_path: Path) -> None:
    printed = run(installed / "qixian", "rules", "--json", cwd=tmp_path).splitlines()
    assert [json.loads(line)["id"] for line in printed] == list(load_catalogue().rules)


def test_the_installed_command_makes_and_checks_a_database(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes((ROOT / "config.example.toml").read_bytes())
    assert json.loads(run(installed / "qixian", "migrate", "--json", cwd=tmp_path))["after"]
    assert json.loads(run(installed / "qixian", "tick", "--json", cwd=tmp_path))["derived"] > 100
    run(installed / "qixian", "doctor", cwd=tmp_path)
