"""Where the documents' texts and the hand-made inventory lie, for the tests that need them.

They are not in the project (short quotes only): they lie in a folder `shared` beside the
repository, or beside one of the folders above it. Where it is missing these tests are skipped.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_BESIDE = [folder / "shared" for folder in Path(__file__).resolve().parents[2].parents]
SHARED = next((folder for folder in _BESIDE if (folder / "documents").is_dir()), _BESIDE[0])
DOCUMENTS, INVENTORY = SHARED / "documents", SHARED / "gold"
WITH_INVENTORY = ("gbf-2017-24", "gbf-2018-23", "guangyuan-2017")

needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason="the documents' texts are not beside the repository"
)
needs_inventory = pytest.mark.skipif(
    not (DOCUMENTS.is_dir() and INVENTORY.is_dir()),
    reason="the hand-made inventory is not beside the repository",
)


@cache
def text_of(text: str) -> str:
    return (DOCUMENTS / f"{text}.txt").read_text(encoding="utf-8")


@cache
def inventory(document: str) -> tuple[dict[str, Any], ...]:
    lines = (INVENTORY / f"{document}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)
