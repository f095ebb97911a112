"""[[rule]], [[clause]] and [[dismissed]]: the keys beyond the first ones, and how they are refused."""

from pathlib import Path

import pytest

from rules.amounts import Amount, Measure
from rules.catalogue_files import CatalogueFile, load_catalogue, read_catalogue_file
from rules.clauses import Effect
from rules.errors import CatalogueError
from rules.rule import Anchor, HolderKind, Share

DOCUMENT = '[document]\nid = "x"\ntitle = "某办法"\n'

RULE = """
[[rule]]
id = "x-01"
quote = "收到之日起20个工作日内答复"
kind = "after_event"
value = "20WD"
trigger = "收到"
holders = ["甲局", "乙局"]
place = "第一条"
example = { event = 2026-03-02, due_on = 2026-03-30 }
"""

CLAUSE = """
[[clause]]
id = "x-c1"
effect = "extend"
quote = "延长不得超过20个工作日"
trigger = "延长"
rules = ["x-01"]
place = "第一条"
"""

DISMISSED = """
[[dismissed]]
quote = "办公时间"
time_phrase = "时间"
reason = "说的是公开的内容"
"""


def read(tmp_path: Path, text: str) -> CatalogueFile:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue_file(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(CatalogueError) as refused:
        read(tmp_path, text)
    sentence = str(refused.value)
    assert sentence.startswith(f"{tmp_path / 'x.toml'}：")
    assert "。" not in sentence
    return sentence


def test_what_a_rule_does_not_say_has_its_plain_meaning(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, DOCUMENT + RULE).rules
    assert (rule.anchor, rule.holder_kind) == (Anchor.STATED, HolderKind.NAMED)
    assert (rule.text, rule.since, rule.until) == ("x", None, None)
    assert (rule.exception, rule.softened, rule.starts_after, rule.replaces) == ("", "", "", "")


def test_it_is_unknown_which_of_several_holders_owes_a_rule_unless_it_is_said(
    tmp_path: Path,
) -> None:
    one = RULE.replace(', "乙局"', "").replace("x-01", "x-02")
    said = (RULE + 'share = "each"\n').replace("x-01", "x-03")
    rules = read(tmp_path, DOCUMENT + RULE + one + said).rules
    assert [rule.share for rule in rules] == [Share.UNKNOWN, Share.EACH, Share.EACH]


def test_the_words_of_a_rule_are_read(tmp_path: Path) -> None:
    more = """anchor = "assumed"
share = "lead"
holder_kind = "condition"
exception = "除涉密事项外"
softened = "争取"
"""
    (rule,) = read(tmp_path, DOCUMENT + RULE + more).rules
    assert (rule.anchor, rule.share) == (Anchor.ASSUMED, Share.LEAD)
    assert rule.holder_kind is HolderKind.CONDITION
    assert (rule.exception, rule.softened) == ("除涉密事项外", "争取")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('anchor = "guessed"', "的 anchor “guessed”不是规定的词，可用：stated、assumed"),
        ("anchor = true", "的 anchor 应为文字"),
        ('share = "all"', "的 share “all”不是规定的词，可用：each、lead、unknown"),
        ('holder_kind = "unit"', "的 holder_kind “unit”不是规定的词，可用：named、class"),
        ("softened = true", "的 softened 应为文字"),
        ('softened = " "', "的 softened 是空的"),
        ('exception = ""', "的 exception 是空的"),
        ("text = 2019", "的 text 应为文字"),
        ('from = "2019-05-15"', "的 from 应为日期"),
        ("until = 2019", "的 until 应为日期"),
        ('since = "2019"', "的 since 不是规定的键"),
    ],
)
def test_a_bad_word_of_a_rule_is_refused(tmp_path: Path, line: str, says: str) -> None:
    assert f"规则 x-01 {says}" in refusal(tmp_path, f"{DOCUMENT}{RULE}{line}\n")


def test_only_what_counts_from_a_moment_has_an_anchor(tmp_path: Path) -> None:
    text = RULE.replace("after_event", "fixed_deadline").replace('"20WD"', '"2026-12-31"')
    sentence = refusal(tmp_path, DOCUMENT + text + 'anchor = "assumed"\n')
    assert "规则 x-01 的 anchor 不能用于 fixed_deadline" in sentence


def test_nobody_shares_a_rule_without_holders(tmp_path: Path) -> None:
    text = RULE.replace('["甲局", "乙局"]', "[]") + 'share = "each"\n'
    assert "规则 x-01 的 share 不能用" in refusal(tmp_path, DOCUMENT + text)


def test_a_clause_is_read(tmp_path: Path) -> None:
    (clause,) = read(
        tmp_path, DOCUMENT + RULE + CLAUSE + 'cap = "20WD"\napprover = "负责人"\n'
    ).clauses
    assert (clause.effect, clause.rules) == (Effect.EXTEND, ("x-01",))
    assert clause.cap == Amount(20, Measure.WORKING_DAY)
    assert (clause.approver, clause.text) == ("负责人", "x")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('effect = "extend"', "", "的 effect 没有写"),
        ('"extend"', '"stop"', "的 effect “stop”不是规定的词，可用：receipt、restart"),
        ('"extend"', '"restart"', "的 counts_from 没有写，而 restart 须写明从哪一日起算"),
        ('"extend"', '"receipt"', "的 counts_from 没有写，而 receipt 须写明"),
        ('"extend"', '"exclude"\ncap = "20WD"', "的 cap 不能与 exclude 并用"),
        ('"extend"', '"exclude"\napprover = "某"', "的 approver 不能与 exclude 并用"),
        ('"extend"', '"extend"\ncounts_from = "某日"', "的 counts_from 不能与 extend 并用"),
        ('"extend"', '"extend"\ncap = "20日"', "的 cap 不合规定：“20日”不是时间量"),
        ('"延长"', '""', "的 trigger 是空的"),
        ('rules = ["x-01"]', "", "的 rules 没有写"),
        ('place = "第一条"', 'place = "第一条"\nkind = "x"', "的 kind 不是规定的键"),
        ('"x-c1"', '"y-c1"', "的 id 应以文件的 id 开头"),
        ('"x-c1"', '"x-01"', "的 id 在本文件中出现了两次"),
    ],
)
def test_a_bad_clause_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    sentence = refusal(tmp_path, DOCUMENT + RULE + CLAUSE.replace(old, new))
    assert "计时条款" in sentence
    assert says in sentence


@pytest.mark.parametrize(
    ("rule", "says"),
    [("x-09", "“x-09”不在目录中"), ("gbf-2017-24-65", "“gbf-2017-24-65”不在同一文本中")],
)
def test_a_clause_names_rules_of_its_own_text(tmp_path: Path, rule: str, says: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(DOCUMENT + RULE + CLAUSE.replace("x-01", rule), encoding="utf-8")
    with pytest.raises(CatalogueError, match=says):
        load_catalogue([path])


def test_a_dismissal_is_read(tmp_path: Path) -> None:
    (dismissal,) = read(tmp_path, DOCUMENT + DISMISSED).dismissed
    assert (dismissal.quote, dismissal.time_phrase, dismissal.text) == ("办公时间", "时间", "x")
    assert dismissal.reason == "说的是公开的内容"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('reason = "说的是公开的内容"', "", "的 reason 没有写"),
        ('"说的是公开的内容"', '""', "的 reason 是空的"),
        ('"时间"', '"时限"', "的 time_phrase “时限”不在 quote 中"),
        ('quote = "办公时间"', "", "的 quote 没有写"),
        ("reason", "why", "的 why 不是规定的键"),
        ("reason", 'text = "y"\nreason', "的 text 应为文件的文本之一"),
    ],
)
def test_a_bad_dismissal_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    sentence = refusal(tmp_path, DOCUMENT + DISMISSED.replace(old, new))
    assert "第1条不列为规则的短语" in sentence
    assert says in sentence
