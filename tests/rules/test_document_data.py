"""文件要素: title, number, issuer, dates and the year that 年内 means."""

from datetime import date

from rules.reader import read_document

NOTICE = """某市人民政府办公室关于印发
2020年政务公开工作要点的通知
某政办发〔2020〕8号

各区人民政府：
《2020年政务公开工作要点》已经同意，现印发给你们。
某市人民政府办公室
2020年3月20日
（此件公开发布）

2020年政务公开工作要点
按照上级通知（某办发〔2019〕40号）要求，做好工作。
"""

LABELLED = """索 引 號: 000014349/2019-00040 主題分類: 綜合政務\\政務公開
發文機關:

國務院辦公廳

成文日期:

2019年04月17日

標  題:

國務院辦公廳關於印發2019年政務公開工作要點的通知

發文字號:

國辦發〔2019〕14號

發佈日期:

2019年04月29日
"""


def test_a_notice_gives_its_data() -> None:
    document = read_document(NOTICE, "notice").document
    assert document.id == "notice"
    assert document.title == "某市人民政府办公室关于印发2020年政务公开工作要点的通知"
    assert document.number == "某政办发〔2020〕8号"
    assert document.issuer == "某市人民政府办公室"
    assert document.adopted == date(2020, 3, 20)
    assert document.published is None
    assert document.year == 2020


def test_labels_give_the_data_in_the_script_of_the_text() -> None:
    document = read_document(LABELLED).document
    assert document.title == "國務院辦公廳關於印發2019年政務公開工作要點的通知"
    assert document.number == "國辦發〔2019〕14號"
    assert document.issuer == "國務院辦公廳"
    assert document.adopted == date(2019, 4, 17)
    assert document.published == date(2019, 4, 29)


def test_a_document_in_one_line_gives_title_and_year() -> None:
    document = read_document(NOTICE.replace("\n", " ")).document
    assert document.year == 2020


def test_the_year_comes_from_the_title_before_the_day_of_signing() -> None:
    late = NOTICE.replace("2020年3月20日", "2019年12月30日")
    assert read_document(late).document.year == 2020


def test_without_a_year_in_the_title_it_is_the_year_of_signing() -> None:
    text = "某市关于加强管理的意见\n\n某市人民政府\n二〇二一年五月六日\n"
    assert read_document(text).document.adopted == date(2021, 5, 6)
    assert read_document(text).document.year == 2021


def test_a_number_that_the_text_cites_is_not_its_own() -> None:
    text = "某市2017年工作要点\n\n按照《关于某事的通知》（某办发〔2016〕40号）要求，推进工作。\n"
    document = read_document(text).document
    assert (document.number, document.year) == ("", 2017)


def test_an_empty_text_has_no_data() -> None:
    document = read_document("").document
    assert (document.title, document.number, document.year) == ("", "", None)


def test_nothing_of_its_data_is_a_requirement() -> None:
    assert read_document(NOTICE).hits == read_document(LABELLED).hits == ()


def test_a_title_and_a_number_that_run_together_are_told_apart() -> None:
    document = read_document(NOTICE.replace("\n", "")).document
    assert document.title == "某市人民政府办公室关于印发2020年政务公开工作要点的通知"
    assert document.number == "某政办发〔2020〕8号"
    short = read_document("某市2017年工作要点2017年工作的总体要求是：年内完成改造。")
    assert [hit.value for hit in short.hits] == ["2017-12-31"]
