"""阅读器 against the hand-made inventories, where shared/ lies beside the project or above it."""

import importlib.util
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rules.reader import read_document

ROOT = Path(__file__).resolve().parents[2]
SHARED = next((up / "shared" for up in ROOT.parents if (up / "shared" / "gold").is_dir()), None)
IDS = ("gbf-2017-24", "gbf-2018-23", "guangyuan-2017")

pytestmark = pytest.mark.skipif(SHARED is None, reason="no shared/gold beside the project")


def text_of(document_id: str) -> str:
    assert SHARED is not None
    return (SHARED / "documents" / f"{document_id}.txt").read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    assert SHARED is not None
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    spec = importlib.util.spec_from_file_location("score", SHARED / "tools" / "score_extract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


def test_the_three_inventories_are_met(scorer: ModuleType) -> None:
    total: dict[str, int] = {}
    for document_id in IDS:
        assert SHARED is not None
        gold = scorer.read(SHARED / "gold" / f"{document_id}.jsonl")
        found: list[dict[str, Any]] = [asdict(h) for h in read_document(text_of(document_id)).hits]
        for key, count in scorer.score(gold, found)[0].items():
            total[key] = total.get(key, 0) + count
    assert total["found"] >= 0.97 * total["rows"]
    assert total["hard_value"] >= 0.95 * total["hard"]
    assert total["right"] >= 0.90 * total["predicted"]


@pytest.mark.parametrize(
    ("document_id", "deadlines"),
    [
        ("gbf-2016-80", ["2017-12-31", "2017-12-31", "2018-12-31", "2020-12-31", "2018-12-31"]),
        ("gbf-2019-14", ["2019-12-31"]),
        ("zfxxgk-tiaoli-2019", []),
        ("zfxxgk-tiaoli-2007", []),
    ],
)
def test_no_date_comes_from_a_heading_a_number_or_a_title(
    document_id: str, deadlines: list[str]
) -> None:
    hits = read_document(text_of(document_id)).hits
    assert [hit.value for hit in hits if hit.kind == "fixed_deadline"] == deadlines


def test_the_limits_of_the_regulation_are_found() -> None:
    hits = read_document(text_of("zfxxgk-tiaoli-2019")).hits
    limits = ["20WD", "7WD", "15WD", "20WD", "20WD", "15WD", "P1Y;by=01-31", "P1Y;by=03-31"]
    assert [hit.value for hit in hits if hit.hard and hit.time_phrase != "年度报告"] == limits


def test_units_that_stand_after_their_headings_go_with_the_paragraphs_above() -> None:
    hits = {hit.quote: hit for hit in read_document(text_of("gbf-2017-24")).hits}
    assert hits[
        "及时公开全面推行“河长制”工作实施方案、管理保护目标以及河湖保护情况"
    ].duty_holder == ("水利部、环境保护部")
    assert hits["组织召开月度、季度国民经济运行情况新闻发布会"].duty_holder == "国家统计局"
