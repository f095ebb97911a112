"""qixian audit: every time phrase of a document is accounted for, or the command says which is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from qixian_command import Run

CATALOGUE = """
[document]
id = "paper-1"
title = "某市2026年政务公开工作要点"
year = 2026

[[rule]]
id = "paper-1-01"
quote = "按月公开财政收支情况"
kind = "periodic"
value = "P1M"
trigger = ""
holders = ["市财政局"]
place = "一"
example = { period = "2026-09", due_on = 2026-09-30, act_by = 2026-09-30 }

[[dismissed]]
quote = "提高公开的及时性"
time_phrase = "及时"
reason = "质量目标"
"""
TEXT = "某市2026年政务公开工作要点\n一、市财政局按月公开财政收支情况。二、着力提高公开的及时性。\n"


@pytest.fixture
def paper(folder: Path) -> Path:
    (folder / "paper.toml").write_text(CATALOGUE, "utf-8")
    (folder / "config.toml").write_text('[rules]\nfiles = ["paper.toml"]\n', "utf-8")
    path = folder / "paper.txt"
    path.write_text(TEXT, "utf-8")
    return path


def test_a_document_whose_phrases_are_all_accounted_for_passes(qixian: Run, paper: Path) -> None:
    ran = qixian("audit", str(paper), "--document", "paper-1", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert list(ran.row) == ["document", "hits", "covered", "dismissed", "open"]
    assert ran.row["covered"] == 1
    assert ran.row["open"] == []
    assert ran.row["hits"] == ran.row["covered"] + ran.row["dismissed"]


def test_a_planted_sentence_with_a_deadline_turns_it_red(qixian: Run, paper: Path) -> None:
    planted = TEXT + "三、市统计局每周发布物价信息。\n"
    paper.write_text(planted, "utf-8")
    ran = qixian("audit", str(paper), "--document", "paper-1", "--json")
    assert ran.status == 1
    start = planted.index("每周")
    assert ran.row["open"] == [{"start": start, "end": start + 2, "time_phrase": "每周", "line": 3}]
    assert "第3行“每周”未处理" in qixian("audit", str(paper), "--document", "paper-1").out


def test_a_changed_character_is_named(qixian: Run, paper: Path) -> None:
    paper.write_text(TEXT.replace("按月公开", "按季公开"), "utf-8")
    ran = qixian("audit", str(paper), "--document", "paper-1", "--json")
    assert ran.status == 1
    assert ran.err == (
        "qixian: 规则 paper-1-01 的原文与文件不符：第2字是“月”，文件中是“季”，请核对\n"
    )


@pytest.mark.usefixtures("paper")
def test_an_unknown_document_is_refused_with_those_that_are_known(
    refused: Callable[..., str], paper: Path
) -> None:
    assert "目录中没有文本“paper-2”" in refused("audit", str(paper), "--document", "paper-2")


TEXTS = Path(__file__).parents[2].parent / "shared" / "documents"


@pytest.mark.skipif(not TEXTS.exists(), reason="the texts lie beside the repository, not here")
@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.txt")), ids=lambda path: path.stem)
def test_nothing_is_open_in_the_documents_of_the_catalogue(qixian: Run, path: Path) -> None:
    ran = qixian("audit", str(path), "--document", path.stem, "--json")
    assert (ran.status, ran.err, ran.row["open"]) == (0, "", [])
