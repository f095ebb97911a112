"""阅读器: spans, quotes, triggers, holders, and what script, width and line breaks do not change."""

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.numerals import number, year
from rules.reader import Hit, read_document
from rules.script import one_form
from rules.terms import Term

TABLES = sorted((Path(__file__).parent / "sentences").glob("*.txt"))
LINES = [line for path in TABLES for line in path.read_text(encoding="utf-8").splitlines()]
CELLS = [line.partition("¦")[0].strip() for line in LINES if not line.startswith("#")]
SENTENCES = [cell for cell in CELLS if cell]
HEAD = "某市人民政府办公室关于印发2020年政务公开工作要点的通知\n\n"


def only(text: str) -> Hit:
    (hit,) = read_document(text).hits
    return hit


def terms(text: str) -> list[tuple[str, str]]:
    return [(hit.kind, hit.value) for hit in read_document(text).hits]


def traditional(text: str) -> str:
    """Every character that has a traditional form, in it."""
    table = Path(one_form.__code__.co_filename).with_name("traditional_characters.txt")
    pairs = (line.partition(" ") for line in table.read_text(encoding="utf-8").splitlines())
    return text.translate({ord(s): t[0] for s, _, t in pairs if len(s) == 1 and t})


def check(text: str) -> None:
    """What holds for every hit in every text."""
    previous = 0
    for hit in read_document(text).hits:
        assert previous <= hit.start < hit.end
        assert text[hit.start : hit.end] == hit.time_phrase
        assert hit.quote
        assert hit.quote in text
        assert hit.line == text.count("\n", 0, hit.start) + 1
        assert Term.parse(hit.kind, hit.value).hard is hit.hard
        previous = hit.end


PIECES = st.sampled_from(
    [
        "每",
        "年",
        "月",
        "日",
        "个",
        "工作日",
        "前",
        "内",
        "后",
        "底",
        "时",
        "及时",
        "定期",
        "公开",
        "12",
        "三",
        "十",
        "“",
        "”",
        "（",
        "）",
        "《",
        "》",
        "〔2020〕",
        "号",
        "，",
        "。",
        "；",
        "：",
        "、",
        "\n",
        "自",
        "之日起",
        "在",
        "要",
        "应当",
        "市教育局",
        "不少于",
        "不超过",
        "第",
        "季度",
        "半年",
        "同步",
        "一并",
        "规定",
        "时限",
        "年底",
        "上",
        "下",
        "当日",
        "至",
        "|",
        "一、",
        "（一）",
        "附件：",
        "牵头",
        "落实",
        "每年",
        "2020年",
        "次年",
        "十四五",
        "期末",
        "未更新",
        "提前",
        "以上",
        "\r",
        "\u3000",
        "每周",
        "五",
        "1",
        "29",
        "2月",
        "99",
        "万",
        "本",
        "随",
    ]
)


@given(st.text() | st.lists(PIECES, max_size=60).map("".join))
@example("每年2月30日前")
@example("一" * 50 + "年内")
@example("99999年底前，9999年底前，每9999年")
@example("每0日，0个工作日内，每十十日，百百日内")
@example("2月29日前，每年2月29日前，2021年2月29日前")
@example("9999年12月31日前，次年1月1日前")
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_and_every_offset_is_right(text: str) -> None:
    check(text)
    check(HEAD + text)


def test_offsets_hold_in_the_sentences_of_all_tables() -> None:
    check(HEAD + "\n".join(SENTENCES))
    check(HEAD + "".join(SENTENCES))


def test_traditional_script_gives_the_same_terms() -> None:
    changed = [sentence for sentence in SENTENCES if traditional(sentence) != sentence]
    assert len(changed) > 200
    for sentence in changed:
        assert terms(traditional(HEAD + sentence)) == terms(HEAD + sentence)


def test_the_width_of_digits_and_punctuation_does_not_matter() -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    narrow = str.maketrans("，；：（）", ",;:()")
    for sentence in SENTENCES:
        assert terms((HEAD + sentence).translate(wide)) == terms(HEAD + sentence)
        assert terms((HEAD + sentence).translate(narrow)) == terms(HEAD + sentence)


def test_a_limit_that_a_page_break_cuts_in_two_is_one() -> None:
    paragraph = "".join(sentence for sentence in SENTENCES[60:90] if sentence.endswith("。"))
    lines = [paragraph[at : at + 31] for at in range(0, len(paragraph), 31)]
    assert terms(HEAD + "\r\n".join(lines)) == terms(HEAD + paragraph)


def test_blanks_around_digits_do_not_matter() -> None:
    hit = only("应当自收到申请之日起 20 个工作日内答复。")
    assert (hit.value, hit.time_phrase) == ("20WD", "收到申请之日起 20 个工作日内")
    assert only(HEAD + "请于 2020 年 9 月 30 日前报送。").value == "2020-09-30"


@pytest.mark.parametrize(
    ("sentence", "trigger"),
    [
        ("行政机关应当自收到申请之日起20个工作日内答复。", "收到申请"),
        ("在本要点公布后30个工作日内公开。", "本要点公布"),
        ("特别重大、重大突发事件最迟5小时内发布权威信息。", "特别重大、重大突发事件"),
        ("收到投诉举报的，应当在5个工作日内处理。", "收到投诉举报"),
        ("决定作出前，应当听取意见。", "决定作出"),
        ("应当在举行听证的七日前通知当事人。", "举行听证"),
        ("应在答复申请人的同时，通过网站公开。", "答复申请人"),
        ("解读材料与政策文件同步发布。", "政策文件"),
        ("化解过剩产能验收合格后，及时公开情况。", "化解过剩产能验收合格"),
        ("针对误读、曲解等情况，要及时回应。", "误读、曲解等情况"),
        ("答复期限自收到补正的申请之日起计算。", "收到补正的申请"),
        ("延长的期限最长不得超过20个工作日。", "延长期限"),
        ("行政机关应当在20个工作日内答复。", ""),
    ],
)
def test_the_event_is_bound(sentence: str, trigger: str) -> None:
    assert only(sentence).trigger == trigger


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        ("省级政府、国务院部门要在6月30日前完成改造。", "省级政府、国务院部门"),
        ("国务院办公厅适时组织督查。", "国务院办公厅"),
        ("2020年底前，各部门要完成目录编制。", "各部门"),
        ("推动地方政府及时公开进展。", "地方政府"),
        ("主要负责人每年听取一次汇报。", "主要负责人"),
        ("按月公开收支情况。（市财政局牵头落实）", "市财政局"),
        (
            "按月公开收支情况。（市财政局、市审计局按职责分工分别牵头落实）",
            "市财政局、市审计局",
        ),
        ("每季度通报一次。责任单位：市司法局", "市司法局"),
        ("各区要定期自查。（市网信办负责）", "各区"),
        ("按月公开收支情况。", ""),
    ],
)
def test_the_holder_is_bound(text: str, holder: str) -> None:
    hit = only(text)
    assert hit.duty_holder.split(" | ")[0] == holder


def test_trigger_and_holder_stand_as_in_the_text() -> None:
    hit = only("行政機關應當在《條例》公佈後5日內報送。（市財政局牽頭落實）")
    assert (hit.trigger, hit.duty_holder) == ("《條例》公佈", "行政機關 | 市財政局")


def test_unit_lines_follow_the_order_of_the_paragraphs_above() -> None:
    text = "按月公开收支。\n每周公布价格。\n（一）加强引导。\n（甲部牵头落实）\n（乙局牵头落实）\n每年公布名单。\n（丙委牵头落实）\n"
    assert [hit.duty_holder for hit in read_document(text).hits] == ["甲部", "乙局", "丙委"]


def test_the_quote_is_the_clause_and_the_next_one_where_the_phrase_only_leads_up_to_it() -> None:
    text = HEAD + "做好价格公开，每周发布行情，反映供求。2020年底前，各部门要完成编制，并动态更新。"
    quotes = [hit.quote for hit in read_document(text).hits]
    assert quotes == ["每周发布行情", "2020年底前，各部门要完成编制", "并动态更新"]


def test_without_a_year_a_deadline_is_found_and_gets_no_date() -> None:
    hit = only("各单位要在8月底前完成。")
    assert (hit.kind, hit.value, hit.hard) == ("before_event", "", False)


def test_a_day_of_january_in_a_notice_of_november_is_next_years() -> None:
    signed = "某市教育局关于报送总结的通知\n\n请于1月15日前报送。\n某市教育局\n2020年11月20日\n"
    assert only(signed).value == "2021-01-15"


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("两", 2), ("十五", 15), ("二十", 20), ("一百二十", 120), ("30", 30), ("三四", None)],
)
def test_a_numeral_is_read(numeral: str, value: int | None) -> None:
    assert number(numeral) == value


def test_a_year_is_read_in_figures_and_in_characters() -> None:
    assert year("2019") == year("二〇一九") == 2019


def test_a_phrase_that_only_repeats_itself_is_one_hit() -> None:
    assert [hit.time_phrase for hit in read_document("当日" * 500).hits] == ["当日" * 500]


def test_a_text_that_is_repeated_gives_its_hits_as_often() -> None:
    sentences = "各单位要每月5日前报送。发现问题的，应当在3个工作日内整改，并及时公开。\n"
    once = terms(sentences)
    assert len(once) == 3
    assert terms(sentences * 300) == once * 300


def test_a_day_in_a_law_comes_every_year() -> None:
    law = "某省政府信息公开办法\n\n第一条 主管部门应当在3月31日前公布上一年度报告。"
    assert only(law).value == "P1Y;by=03-31"


@pytest.mark.parametrize(
    "hostile",
    [
        *("每", "在", "、", "（", "《", "自", "时", "1", "一", "前", "\n", "每年1月、"),
        *("每年", "12月", "及时", "5日内", "3月1日—", "召开前", "按月、", "每年 ", "应当"),
    ],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    text = hostile * (60_000 // len(hostile))
    began = time.process_time()
    read_document(text)
    # Far above what linear reading takes on a slow machine, far below what backtracking would.
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "number", ["一、", "十二、", "（三）", "（3）", "4.", "4．", "4、", "⑤", "第六条 "]
)
def test_the_number_of_an_item_belongs_to_nothing(number: str) -> None:
    text = f"某市工作要点\n{number}收到信息公开申请之日起20个工作日内予以答复。\n{number}市财政局要按月公开收支。\n"
    answer, figures = read_document(text).hits
    assert answer.time_phrase.startswith("收到")
    assert (answer.quote[:2], answer.trigger) == ("收到", "收到信息公开申请")
    assert (figures.quote[:4], figures.duty_holder) == ("市财政局", "市财政局")
