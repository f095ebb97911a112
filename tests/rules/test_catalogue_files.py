"""目录文件: what is read, and every way in which a file is refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rules.catalogue_files import Catalogue, load_catalogue, read_catalogue_file
from rules.errors import CatalogueError

DOCUMENT = """
[document]
id = "x-2026"
title = "某市工作要点"
"""

RULE = """
[[rule]]
id = "x-2026-01"
quote = "按月公开某事"
kind = "periodic"
value = "P1M"
trigger = ""
holders = ["市财政局"]
place = "一、（一）"
example = { period = "2026-09", due_on = 2026-09-30, act_by = 2026-09-30 }
"""

VAGUE = (
    RULE.replace("x-2026-01", "x-2026-02")
    .replace('"periodic"', '"vague_periodic"')
    .replace('"P1M"', '""')
    .replace('{ period = "2026-09", due_on = 2026-09-30, act_by = 2026-09-30 }', "{ waits = true }")
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.toml"


def refusal(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        read_catalogue_file(file)
    sentence = str(refused.value)
    assert sentence.startswith(f"{file}：")
    assert "。" not in sentence
    assert "\n" not in sentence
    return sentence


def test_a_file_is_read_into_its_document_and_its_rules_in_order(file: Path) -> None:
    file.write_text(DOCUMENT + VAGUE + RULE, encoding="utf-8")
    read = read_catalogue_file(file)
    document, rules = read.document, read.rules
    assert document.title == "某市工作要点"
    assert [rule.id for rule in rules] == ["x-2026-02", "x-2026-01"]
    assert rules[1].document is document
    assert rules[1].holders == ("市财政局",)
    assert rules[1].example.due_on == date(2026, 9, 30)
    assert [rule.hard for rule in rules] == [False, True]
    assert rules[0].example.waits


def test_all_keys_of_a_document_are_read(file: Path) -> None:
    rest = """number = "某发〔2026〕1号"
issuer = "某市政府"
adopted = 2026-01-05
published = 2026-01-09
year = 2026
layout = "holders-in-brackets"
note = "备注"
from = 2026-02-01
until = 2026-12-31
"""
    file.write_text(DOCUMENT + rest, encoding="utf-8")
    read = read_catalogue_file(file)
    document = read.document
    assert (document.adopted, document.published) == (date(2026, 1, 5), date(2026, 1, 9))
    assert (document.number, document.year) == ("某发〔2026〕1号", 2026)
    assert (document.since, document.until) == (date(2026, 2, 1), date(2026, 12, 31))
    assert read.rules == ()


def test_a_moment_keeps_its_offset(file: Path) -> None:
    example = "{ event = 2026-10-01T22:40:00+08:00, due_at = 2026-10-02T03:40:00+08:00 }"
    file.write_text(DOCUMENT + with_example(example, "after_event", "PT5H"), encoding="utf-8")
    (rule,) = read_catalogue_file(file).rules
    assert rule.example.due_at == datetime(2026, 10, 1, 19, 40, tzinfo=UTC)
    assert rule.example.due_at.utcoffset() == timedelta(hours=8)


def test_hard_can_be_overridden_in_both_directions(file: Path) -> None:
    soft = RULE.replace("example = {", "hard = false\nexample = { waits = true } #")
    event = with_example("{ event = 2026-03-30, due_on = 2026-03-30 }", "simultaneous", "")
    hard = event.replace("x-2026-01", "x-2026-02") + "hard = true\n"
    file.write_text(DOCUMENT + soft + hard, encoding="utf-8")
    rules = read_catalogue_file(file).rules
    assert [rule.hard for rule in rules] == [False, True]


def test_a_vague_rule_with_a_reading_has_a_date(file: Path) -> None:
    example = '{ period = "2026-W41", reading = "P1W;weekday=5", due_on = 2026-10-09 }'
    file.write_text(DOCUMENT + with_example(example, "vague_periodic", ""), encoding="utf-8")
    (rule,) = read_catalogue_file(file).rules
    assert rule.example.reading == "P1W;weekday=5"


def test_the_mark_that_notepad_writes_is_no_fault(file: Path) -> None:
    file.write_text(DOCUMENT + RULE, encoding="utf-8-sig")
    assert read_catalogue_file(file).document.id == "x-2026"


def with_example(example: str, kind: str = "periodic", value: str = "P1M") -> str:
    head, _, _ = RULE.partition("example = ")
    return head.replace('"periodic"', f'"{kind}"').replace('"P1M"', f'"{value}"') + (
        f"example = {example}\n"
    )


@pytest.mark.parametrize(
    "key", ["quote", "kind", "value", "trigger", "holders", "place", "example"]
)
def test_a_missing_key_of_a_rule_is_named(file: Path, key: str) -> None:
    lines = [line for line in RULE.splitlines() if not line.startswith(key)]
    sentence = refusal(file, DOCUMENT + "\n".join(lines))
    assert f"规则 x-2026-01 的 {key} 没有写，请补上" in sentence


@pytest.mark.parametrize("key", ["id", "title"])
def test_a_missing_key_of_the_document_is_named(file: Path, key: str) -> None:
    lines = [line for line in DOCUMENT.splitlines() if not line.startswith(key)]
    assert f"[document] 的 {key} 没有写，请补上" in refusal(file, "\n".join(lines) + RULE)


def test_a_rule_without_an_id_is_named_by_its_number(file: Path) -> None:
    nameless = VAGUE.replace('id = "x-2026-02"\n', "")
    assert "第2条规则的 id 没有写，请补上" in refusal(file, DOCUMENT + RULE + nameless)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # the line         what stands there instead            the sentence says
        ("quote =", 'qoute = "某"\nquote =', "的 qoute 不是规定的键，可用：id、quote、kind"),
        ('"按月公开某事"', '""', "的 quote 是空的"),
        ('"按月公开某事"', '" "', "的 quote 是空的"),
        ('"按月公开某事"', "1", "的 quote 应为文字"),
        ('"periodic"', '"weekly"', "的 kind 不合规定：不认识的类型“weekly”"),
        ('"P1M"', '"每月"', "的 value 不合规定：“每月”不是时间量"),
        ('"P1M"', "2026-09-30", "的 value 应为文字，请加引号"),
        ('trigger = ""', "trigger = false", "的 trigger 应为文字"),
        ('["市财政局"]', '"市财政局"', "的 holders 应为列表"),
        ('["市财政局"]', "[1]", "的 holders 中每一项都应为文字"),
        ('["市财政局"]', '[""]', "的 holders 中每一项都应为文字"),
        ('["市财政局"]', '["市财政局", "市财政局"]', "的 holders 中“市财政局”出现了两次"),
        ("place =", "note = 3\nplace =", "的 note 应为文字"),
        ("place =", 'hard = "true"\nplace =', "的 hard 应为true 或 false"),
        ("example = {", "example = 2026-09-30 #", "的 example 应为表"),
    ],
)
def test_a_bad_line_of_a_rule_is_refused(file: Path, old: str, new: str, says: str) -> None:
    assert RULE.count(old) == 1
    sentence = refusal(file, DOCUMENT + RULE.replace(old, new))
    assert f"规则 x-2026-01 {says}" in sentence


@pytest.mark.parametrize(
    ("bad_id", "says"),
    [
        ("y-2026-01", "应以文件的 id 开头"),
        ("x-202601", "应以文件的 id 开头"),
        ("x-2026-", "应以文件的 id 开头"),
        ("X-2026-01", "只能用小写字母、数字和连字符"),
        ("x-2026-一", "只能用小写字母、数字和连字符"),
        ("x-2026-01 ", "只能用小写字母、数字和连字符"),
    ],
)
def test_a_bad_rule_id_is_refused(file: Path, bad_id: str, says: str) -> None:
    sentence = refusal(file, DOCUMENT + RULE.replace("x-2026-01", bad_id))
    assert f"规则 {bad_id} 的 id " in sentence
    assert says in sentence


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('subject = "某"', "的 subject 不是规定的键，可用：id、title"),
        ('year = "2026"', "的 year 应为整数"),
        ("year = true", "的 year 应为整数"),
        ("year = 26", "的 year “26”不是年份"),
        ('adopted = "2026-01-05"', "的 adopted 应为日期"),
        ("adopted = 2026-01-05T00:00:00+08:00", "的 adopted 应为日期"),
        ("published = 08:30:00", "的 published 应为日期"),
        ("number = 24", "的 number 应为文字"),
    ],
)
def test_a_bad_line_of_the_document_is_refused(file: Path, line: str, says: str) -> None:
    assert f"[document] {says}" in refusal(file, f"{DOCUMENT}{line}\n{RULE}")


def test_a_document_id_in_capitals_is_refused(file: Path) -> None:
    text = (DOCUMENT + RULE).replace("x-2026", "X-2026")
    assert "[document] 的 id “X-2026”只能用小写字母" in refusal(file, text)


@pytest.mark.parametrize(
    ("example", "says"),
    [
        ("{}", "的 due_on 没有写，请写明 due_on、due_at 或 waits = true"),
        ('{ period = "2026-09", act_by = 2026-09-30 }', "的 due_on 没有写"),
        ("{ waits = false }", "的 due_on 没有写"),
        ("{ day = 2026-09-30 }", "的 day 不是规定的键，可用：event、period"),
        ('{ due_on = "2026-09-30" }', "的 due_on 应为日期"),
        ("{ due_on = 2026-09-30T00:00:00+08:00 }", "的 due_on 应为日期"),
        ("{ due_at = 2026-09-30 }", "的 due_at 应为时刻"),
        ("{ due_at = 2026-10-02T03:40:00 }", "的 due_at 没有时区"),
        ("{ event = 2026-10-02T03:40:00, due_on = 2026-10-02 }", "的 event 没有时区"),
        ("{ event = 03:40:00, due_on = 2026-10-02 }", "的 event 应为日期"),
        ("{ waits = 1 }", "的 waits 应为true 或 false"),
        ("{ waits = true, due_on = 2026-09-30 }", "的 waits 与日期不能并存"),
        ("{ waits = true }", "的 waits 不能为 true，因为日期已经可以算出"),
        ('{ period = "2026-13", due_on = 2026-09-30 }', "的 period “2026-13”不存在"),
        ('{ period = "2026-9", due_on = 2026-09-30 }', "的 period “2026-9”不存在"),
        ('{ period = "2026-Q5", due_on = 2026-09-30 }', "的 period “2026-Q5”不存在"),
        ('{ period = "2026-H3", due_on = 2026-09-30 }', "的 period “2026-H3”不存在"),
        ('{ period = "2025-W53", due_on = 2026-01-04 }', "的 period “2025-W53”不存在"),
        ('{ period = "九月", due_on = 2026-09-30 }', "的 period “九月”不存在"),
        ('{ reading = "月底", due_on = 2026-09-30 }', "的 reading “月底”不是期限的值"),
    ],
)
def test_a_bad_example_is_refused(file: Path, example: str, says: str) -> None:
    sentence = refusal(file, DOCUMENT + with_example(example))
    assert f"规则 x-2026-01 的 example {says}" in sentence


@pytest.mark.parametrize("period", ["2026", "2026-H1", "2026-Q4", "2026-12", "2026-W53"])
def test_every_way_of_writing_a_period_is_read(file: Path, period: str) -> None:
    example = f'{{ period = "{period}", due_on = 2026-09-30 }}'
    file.write_text(DOCUMENT + with_example(example), encoding="utf-8")
    assert read_catalogue_file(file).rules[0].example.period == period


def test_a_date_for_a_vague_rule_needs_the_reading_it_comes_from(file: Path) -> None:
    text = DOCUMENT + with_example("{ due_on = 2026-09-30 }", "vague_periodic", "")
    assert "的 example 的 reading 没有写，而原文没有给出日期" in refusal(file, text)


def test_a_vague_rule_cannot_be_made_hard(file: Path) -> None:
    text = DOCUMENT + VAGUE + "hard = true\n"
    assert "规则 x-2026-02 的 hard 不能为 true" in refusal(file, text)


def test_a_rule_id_twice_in_a_file_is_refused(file: Path) -> None:
    assert "规则 x-2026-01 的 id 在本文件中出现了两次" in refusal(file, DOCUMENT + RULE + RULE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[document\n", "不是合法的 TOML"),
        (DOCUMENT + RULE.replace("2026-09-30", "2026-09-31"), "不是合法的 TOML"),
        (DOCUMENT + 'title = "又一个"\n', "不是合法的 TOML"),
        ("a = " + "[" * 5000, "不是合法的 TOML"),
        (RULE, "文件的 document 没有写"),
        ("document = 1\n", "文件的 document 应为表"),
        ("[[document]]\n", "文件的 document 应为表"),
        (DOCUMENT + "[rule]\n", "文件的 rule 应为列表"),
        ("rule = [1]\n" + DOCUMENT, "第1条规则的 rule 应为表，请写作 [[rule]]"),
        (DOCUMENT + RULE.replace("[[rule]]", "[[rules]]"), "文件的 rules 不是规定的键"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused(file: Path, text: str, says: str) -> None:
    assert says in refusal(file, text)


def test_a_file_that_is_not_utf_8_is_refused(file: Path) -> None:
    file.write_bytes((DOCUMENT + RULE).encode("gbk"))
    with pytest.raises(CatalogueError, match=r"x\.toml：目录文件不是 UTF-8 编码，请另存为 UTF-8"):
        read_catalogue_file(file)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(CatalogueError, match=r"x\.toml：读不到这个目录文件"):
        read_catalogue_file(file)


def test_extra_files_stand_after_the_bundled_ones(file: Path) -> None:
    file.write_text(DOCUMENT + RULE, encoding="utf-8")
    catalogue = load_catalogue([file])
    assert list(catalogue.documents)[-1] == "x-2026"
    assert list(catalogue.rules)[:-1] == list(load_catalogue().rules)


def test_a_catalogue_cannot_be_changed() -> None:
    catalogue: Catalogue = load_catalogue()
    with pytest.raises(TypeError):
        catalogue.rules["x"] = next(iter(catalogue.rules.values()))  # type: ignore[index]


def test_a_document_id_in_two_files_is_refused(file: Path) -> None:
    file.write_text(DOCUMENT, encoding="utf-8")
    second = file.with_name("y.toml")
    second.write_text(DOCUMENT, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"y\.toml：\[document\] 的 id“x-2026”在别的目录文件"):
        load_catalogue([file, second])


def test_a_rule_id_in_two_files_is_refused(file: Path) -> None:
    file.write_text(DOCUMENT + RULE.replace("x-2026-01", "x-2026-01-01"), encoding="utf-8")
    second = file.with_name("y.toml")
    second.write_text(
        DOCUMENT.replace("x-2026", "x-2026-01") + RULE.replace("x-2026-01", "x-2026-01-01"),
        encoding="utf-8",
    )
    with pytest.raises(
        CatalogueError, match=r"y\.toml：规则 x-2026-01-01 的 id 在文件 x-2026 的目录"
    ):
        load_catalogue([file, second])
