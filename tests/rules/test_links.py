"""Rules that name other rules, and the wording that is in force on a day."""

from datetime import date
from pathlib import Path

import pytest

from rules.catalogue_files import Catalogue, load_catalogue
from rules.errors import CatalogueError
from rules.links import rules_in_force, rules_referred_to

CATALOGUE = load_catalogue()


def document(id_: str, more: str = "") -> str:
    return f'[document]\nid = "{id_}"\ntitle = "某文件"\n{more}\n'


def rule(id_: str, more: str = "") -> str:
    return f"""
[[rule]]
id = "{id_}"
quote = "及时公开"
kind = "vague_prompt"
value = ""
trigger = ""
holders = []
place = "一"
example = {{ waits = true }}
{more}
"""


def loaded(tmp_path: Path, *texts: str) -> Catalogue:
    paths = [tmp_path / f"{number}.toml" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return load_catalogue(paths)


def refusal(tmp_path: Path, *texts: str) -> str:
    with pytest.raises(CatalogueError) as refused:
        loaded(tmp_path, *texts)
    sentence = str(refused.value)
    assert sentence.startswith(str(tmp_path))
    assert "。" not in sentence
    return sentence


def test_a_link_to_the_same_duty_holds_in_both_directions(tmp_path: Path) -> None:
    one = document("x") + rule("x-01", 'same_as = ["y-01", "gbf-2017-24-03"]')
    catalogue = loaded(tmp_path, one, document("y") + rule("y-01"))
    assert catalogue.rules["y-01"].same_as == ("x-01",)
    assert catalogue.rules["gbf-2017-24-03"].same_as == ("guangyuan-2017-02", "x-01")
    assert catalogue.rules["x-01"].same_as == ("y-01", "gbf-2017-24-03")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('same_as = ["z-01"]', "的 same_as “z-01”不在目录中"),
        ('same_as = ["x-02"]', "的 same_as 中“x-02”在同一文件中"),
        ('same_as = ["x-01"]', "的 same_as 是它自己"),
        ('same_as = "y-01"', "的 same_as 应为列表"),
        ('same_as = ["y-01", "y-01"]', "的 same_as 中“y-01”出现了两次"),
        ('same_as = [""]', "的 same_as 中每一项都应为文字"),
        ('refers_to = ["z-01"]', "的 refers_to “z-01”不在目录中"),
        ('refers_to = ["x-01"]', "的 refers_to 是它自己"),
        ('starts_after = "z-01"', "的 starts_after “z-01”不在目录中"),
        ('starts_after = "x-01"', "的 starts_after 是它自己"),
        ('starts_after = "x-02"', "的 starts_after 绕成了圈"),
        ('starts_after = ""', "的 starts_after 是空的"),
        ('replaces = "z-01"', "的 replaces “z-01”不在目录中"),
        ('replaces = "y-01"', "的 replaces “y-01”不在同一文件中"),
        ('replaces = "x-02"', "的 replaces “x-02”没有在本规则施行之前失效"),
        ('replaces = "x-01"', "的 replaces “x-01”没有在本规则施行之前失效"),
        ('from = 2018-01-01\nreplaces = "x-02"', "的 replaces “x-02”没有在本规则施行之前失效"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, more: str, says: str) -> None:
    text = (
        document("x")
        + rule("x-01", more)
        + rule("x-02", 'until = 2018-01-01\nstarts_after = "x-01"')
    )
    assert f"规则 x-01 {says}" in refusal(tmp_path, text, document("y") + rule("y-01"))


WORDED = """
[[document.wording]]
text = "x-2007"
number = "第1号"
from = 2008-05-01
until = 2019-05-14

[[document.wording]]
text = "x-2019"
from = 2019-05-15
"""


def test_a_rule_is_in_force_as_long_as_its_wording(tmp_path: Path) -> None:
    old = rule("x-01", 'text = "x-2007"')
    new = rule("x-02", 'text = "x-2019"\nuntil = 2020-12-31\nreplaces = "x-01"')
    catalogue = loaded(tmp_path, document("x", WORDED) + old + new)
    first, second = catalogue.rules["x-01"], catalogue.rules["x-02"]
    assert (first.since, first.until) == (date(2008, 5, 1), date(2019, 5, 14))
    assert (second.since, second.until) == (date(2019, 5, 15), date(2020, 12, 31))
    assert catalogue.documents["x"].texts == ("x-2007", "x-2019")
    assert first.in_force(date(2019, 5, 14))
    assert not first.in_force(date(2019, 5, 15))


def test_a_rule_is_in_force_as_long_as_its_document_unless_it_says_otherwise(
    tmp_path: Path,
) -> None:
    days = "from = 2017-03-09\nuntil = 2017-12-31"
    later = rule("x-02", "until = 2018-03-31")
    catalogue = loaded(tmp_path, document("x", days) + rule("x-01") + later)
    assert catalogue.rules["x-01"].until == date(2017, 12, 31)
    assert catalogue.rules["x-02"].until == date(2018, 3, 31)
    assert catalogue.rules["x-02"].since == date(2017, 3, 9)


@pytest.mark.parametrize(
    ("wordings", "more", "says"),
    [
        (WORDED, "", "规则 x-01 的 text 应为文件的文本之一，可用：x-2007、x-2019"),
        (WORDED, 'text = "x"', "规则 x-01 的 text 应为文件的文本之一"),
        ("", 'text = "x-2019"', "规则 x-01 的 text 应为文件的文本之一，可用：x"),
        ("", "from = 2019-01-02\nuntil = 2019-01-01", "规则 x-01 的 until 早于 from"),
        ("from = 2019-01-02\nuntil = 2019-01-01", "", "[document] 的 until 早于 from"),
        ('[[document.wording]]\nnumber = "1"', "", "第1条文本的 text 没有写"),
        ('[[document.wording]]\ntext = "X 1"', "", "第1条文本的 text “X 1”只能用小写字母"),
        ('[[document.wording]]\ntext = "x-1"\nyear = 1', "", "第1条文本的 year 不是规定的键"),
        (f'{WORDED}[[document.wording]]\ntext = "x-2007"', "", "text “x-2007”出现了两次"),
        ("wording = [1]", "", "第1条文本的 document.wording 应为表"),
    ],
)
def test_a_bad_wording_is_refused(tmp_path: Path, wordings: str, more: str, says: str) -> None:
    assert says in refusal(tmp_path, document("x", wordings) + rule("x-01", more))


@pytest.mark.parametrize(
    ("asked", "day", "found"),
    [
        # asked                             day                 in force
        ("zfxxgk-tiaoli-2019-33-reply", date(2019, 5, 15), ["zfxxgk-tiaoli-2019-33-reply"]),
        ("zfxxgk-tiaoli-2019-33-reply", date(2019, 5, 14), ["zfxxgk-tiaoli-2007-24-reply"]),
        ("zfxxgk-tiaoli-2007-24-reply", date(2008, 5, 1), ["zfxxgk-tiaoli-2007-24-reply"]),
        ("zfxxgk-tiaoli-2007-24-reply", date(2026, 3, 2), ["zfxxgk-tiaoli-2019-33-reply"]),
        ("zfxxgk-tiaoli-2007-24-reply", date(2008, 4, 30), []),
        ("zfxxgk-tiaoli-2019-33-reply", date(2008, 4, 30), []),
        ("zfxxgk-tiaoli-2019-30", date(2018, 1, 2), []),  # 2007 had no limit for 补正
        ("zfxxgk-tiaoli-2007-14", date(2026, 1, 5), []),
        (
            "zfxxgk-tiaoli-2007-31",  # divided in 2019
            date(2026, 1, 5),
            ["zfxxgk-tiaoli-2019-49-departments", "zfxxgk-tiaoli-2019-49-governments"],
        ),
        ("zfxxgk-tiaoli-2019-49-governments", date(2018, 1, 2), ["zfxxgk-tiaoli-2007-31"]),
        ("gbf-2017-24-03", date(2018, 1, 1), []),
    ],
)
def test_the_wording_is_that_of_the_day(asked: str, day: date, found: list[str]) -> None:
    assert [rule.id for rule in rules_in_force(CATALOGUE.rules, asked, day)] == found


def test_between_two_wordings_none_is_in_force(tmp_path: Path) -> None:
    old, new = rule("x-01", "until = 2010-12-31"), rule("x-02", "from = 2012-01-01")
    catalogue = loaded(tmp_path, document("x") + old + new.rstrip() + '\nreplaces = "x-01"\n')
    for asked in ("x-01", "x-02"):
        assert rules_in_force(catalogue.rules, asked, date(2011, 6, 1)) == ()


def test_the_statutory_limit_is_the_one_in_force_on_the_day_of_the_event() -> None:
    def limit(day: date) -> list[str]:
        found = rules_referred_to(CATALOGUE.rules, "gbf-2017-24-65", day)
        return [rule.term.value for rule in found]

    assert limit(date(2019, 5, 14)) == ["15WD"]
    assert limit(date(2019, 5, 15)) == ["20WD"]


def test_a_rule_without_a_reference_refers_to_none() -> None:
    assert rules_referred_to(CATALOGUE.rules, "gbf-2017-24-03", date(2017, 5, 2)) == ()
