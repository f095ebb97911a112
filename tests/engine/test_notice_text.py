"""The texts of holiday notices: nineteen years in the words of their time, and what varies."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.announced_years import built_in_notices
from engine.notice_text import read_notice
from engine.notices import Notice, NoticeDay
from engine.workdays import weekday_name
from tests.engine.notice_sentences import SENTENCES, notice_of

YEARLY = {one.year: one for one in built_in_notices() if one.whole and one.year >= 2008}
ONE_DAY = timedelta(days=1)
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")


def settled(days: Iterable[NoticeDay]) -> set[tuple[date, bool, str]]:
    """What the days change: a weekend that is only mentioned changes nothing."""
    return {
        (day.date, day.workday, day.name) for day in days if day.workday != (day.date.weekday() < 5)
    }


@pytest.mark.parametrize("year", SENTENCES)
def test_the_sentences_of_a_year_are_its_days(year: int) -> None:
    read = read_notice(notice_of(year, SENTENCES[year]))
    assert read.faults == {}
    assert settled(read.days) == settled(YEARLY[year].days)
    assert (read.number, read.issued) == (f"国办发明电〔{year - 1}〕99号", date(year - 1, 12, 5))
    assert read.title == f"国务院办公厅关于{year}年部分节假日安排的通知"


def test_there_are_sentences_for_every_year_that_is_announced() -> None:
    assert set(SENTENCES) == set(YEARLY)


@pytest.mark.parametrize("year", SENTENCES)
@pytest.mark.parametrize("change", [
    lambda text: text.replace("\n", ""),
    lambda text: re.sub(r"(.{11})", r"\1\n  ", text),
    lambda text: text.translate(str.maketrans("（）：，0123456789", "():,０１２３４５６７８９")),
    lambda text: text.replace("至", "—"),
    lambda text: text.replace("至", "～"),
    lambda text: text.replace("至", "-"),
    lambda text: re.sub(r"[一二三四五六七]、(?=[^，。]{2,9}：)", "", text),
    lambda text: text.replace("上班", "照常上班"),
    lambda text: re.sub(r"周([一二三四五六日])", r"星期\1", text),
    lambda text: "首页 > 政策 > 文件\n索引号：000014349\n成文日期：{}年12月05日\n".format(re.findall(r"(\d{4})年12月5日", text)[0]) + text + "\n扫一扫在手机打开当前页\n主办单位：国务院办公厅",
], ids=["one-line", "broken-lines", "half-width", "dash", "wave", "hyphen", "no-numbers", "照常上班", "星期", "page"])  # fmt: skip
def test_the_same_in_another_style_says_the_same(year: int, change: Callable[[str], str]) -> None:
    text = notice_of(year, SENTENCES[year])
    other = read_notice(change(text))
    assert other.faults == {}
    assert (other.days, other.issued) == (read_notice(text).days, date(year - 1, 12, 5))


def _stretches(days: list[date]) -> Iterator[tuple[date, date]]:
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0] * ONE_DAY):
        dates = [day for _, day in run]
        yield dates[0], dates[-1]


def render(notice: Notice, dash: str, short: bool, years: bool, weekday: str) -> str:
    """A notice's days in sentences of one style. `short` leaves out a month that was just named."""

    def named(day: date, month: int, bracket: bool) -> str:
        year = f"{day.year}年" if years or day.year != notice.year else ""
        shown = "" if short and not year and day.month == month else f"{day.month}月"
        printed = f"（{weekday_name(day).replace('星期', weekday)}）" if bracket and weekday else ""
        return f"{year}{shown}{day.day}日{printed}"

    items = []
    for name in FESTIVALS:
        off = [day.date for day in notice.days if day.name == name and not day.workday]
        worked = [day.date for day in notice.days if day.name == name and day.workday]
        if not off:
            continue
        words = []
        for first, last in _stretches(off):
            end = f"{dash}{named(last, first.month, False)}" if last > first else ""
            words.append(f"{named(first, 0, False)}{end}放假，共{(last - first).days + 1}天。")
        listed = [
            named(day, month.month if month else 0, True)
            for month, day in zip([None, *worked], worked, strict=False)
        ]
        words += [f"{'、'.join(listed)}上班。"] if listed else []
        items.append(f"{len(items) + 1}、{name}：{''.join(words)}".replace("1、", "一、"))
    return notice_of(notice.year, "\n".join(items))


@given(
    st.sampled_from(sorted(YEARLY)),
    st.sampled_from(["至", "—", "～", "-", "–"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["星期", "周", ""]),
)
def test_what_is_rendered_is_read_again(
    year: int, dash: str, short: bool, years: bool, weekday: str
) -> None:
    notice = YEARLY[year]
    read = read_notice(render(notice, dash, short, years, weekday))
    assert read.faults == {}
    assert read.days == notice.days


def test_an_amendment_needs_no_items() -> None:
    read = read_notice(
        "国务院办公厅关于调整2019年劳动节假期安排的通知\n国办发明电〔2019〕3号\n"
        "现将2019年劳动节假期安排调整如下：\n"
        "2019年5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。\n"
        "国务院办公厅\n2019年3月21日"
    )
    (amendment,) = (one for one in built_in_notices() if one.issued == date(2019, 3, 22))
    assert (read.faults, read.days) == ({}, amendment.days)
    assert read.issued == date(2019, 3, 21)


def test_the_amendment_of_2015_names_days_again() -> None:
    read = read_notice(
        "国务院关于中国人民抗日战争胜利70周年纪念日调休放假的通知\n国发明电〔2015〕1号\n"
        "2015年9月3日全国放假1天。特作如下调休：9月3日至5日调休放假，共3天。"
        "其中9月3日（星期四）放假，9月4日（星期五）调休，9月6日（星期日）上班。\n国务院\n2015年5月13日"
    )
    (amendment,) = (one for one in built_in_notices() if one.issued == date(2015, 5, 13))
    assert read.faults == {}
    assert [(d.date, d.workday) for d in read.days] == [(d.date, d.workday) for d in amendment.days]


def test_a_holiday_that_is_extended_begins_with_its_first_statutory_day() -> None:
    read = read_notice(
        "国务院办公厅关于延长2020年春节假期的通知\n国办发明电〔2020〕1号\n"
        "一、延长2020年春节假期至2月2日（农历正月初九，星期日），2月3日（星期一）起正常上班。\n"
        "国务院办公厅\n2020年1月26日"
    )
    assert read.faults == {}
    assert [day.date for day in read.days] == [date(2020, 1, 25) + k * ONE_DAY for k in range(9)]
    assert {(day.workday, day.name) for day in read.days} == {(False, "春节")}


def test_old_notices_are_signed_in_characters() -> None:
    text = notice_of(2009, SENTENCES[2009], issued="二○○八年十二月十日")
    assert read_notice(text).issued == date(2008, 12, 10)


def test_a_cited_number_is_not_the_notices_own() -> None:
    text = "根据《国务院办公厅关于2026年部分节假日安排的通知》（国办发明电〔2025〕7号）\n桂政办电〔2026〕12号"
    assert read_notice(text).number == "桂政办电〔2026〕12号"


@pytest.mark.parametrize(
    ("item", "check", "words"),
    [
        ("四、劳动节：5月1日（周四）放假。", "weekday", "2026-05-01印作星期四，实为星期五"),
        ("四、劳动节：5月2日、3日（周六、周一）放假。", "weekday", "2026-05-03印作星期一"),
        ("四、劳动节：5月1日至5日放假，共6天。", "length", "“5月1日至5日”写共6天，实为5天"),
        ("四、劳动节：5月1日至32日放假。", "dates", "“5月1日至32日”不是日期"),
        ("四、劳动节：2月30日放假。", "dates", "“2月30日”不是日期"),
        ("四、劳动节：5月1日放假。五、端午节：5月1日放假。", "once", "2026-05-01已在别处写明"),
        ("四、劳动节：5月1日至5日放假。5月2日（周六）上班。", "once", "2026-05-02已在别处写明"),
        ("四、劳动节：另行通知。", "items", "没有找到"),
    ],
)
def test_what_does_not_fit_is_named(item: str, check: str, words: str) -> None:
    read = read_notice(notice_of(2026, item))
    assert words in "".join(read.faults[check])


@given(st.text(alphabet="一二三、年月日至0123456789（）()：放假上班共天周星期六春节元旦。\n关于的通知〔〕号", max_size=80))  # fmt: skip
def test_no_text_stops_the_reader(text: str) -> None:
    read = read_notice("关于2026年" + text)
    assert all(day.date.year >= 1 for day in read.days)


@pytest.mark.parametrize("item", [
    "一、元旦：1月1日—3日放假公休，共3天。",
    "一、元旦：1月1-3日放假，共3天。",
    "一、元旦，1月1日至3日放假，共3天。",
    "一、元旦：1月1日、2日、3日放假，共3天。",
    "一、元旦：1月1日至3日（周四至周六）放假，共3天。",
    "一、元旦：放假时间为1月1日至3日，共3天。",
    "一、元旦：1月1日（星期四、新年）至3日（星期六）调休放假，共三天。",
    "(一)元旦:2026年1月1日～2026年1月3日放假,共计3天。",
])  # fmt: skip
def test_the_same_days_in_other_words(item: str) -> None:
    read = read_notice(notice_of(2026, item + "1月4日（周日）照常上班。"))
    assert read.faults == {}
    assert [(d.date.day, d.workday, d.name) for d in read.days] == [
        *((1, False, "元旦"), (2, False, "元旦"), (3, False, "元旦"), (4, True, "元旦")),
    ]


def test_one_bracket_may_hold_the_weekdays_of_a_list() -> None:
    read = read_notice(
        notice_of(2026, "七、国庆节：10月1日至7日放假。9月20日、10月10日（周日、周六）上班。")
    )
    assert (read.faults, read.found["weekday"]) == ({}, 2)


@pytest.mark.parametrize("words", ["应正常上班", "补班", "调为工作日", "调整为上班", "另行安排"])
def test_a_dated_statement_is_read_or_named(words: str) -> None:
    items = f"一、春节：2026年12月14日（星期一）放假。12月19日（星期六）{words}。"
    read = read_notice(f"关于放假的通知\n川办发〔2026〕9号\n{items}\n2026年11月10日")
    worked = {one.date for one in read.days if one.workday}
    known = words != "另行安排"
    assert worked == ({date(2026, 12, 19)} if known else set())
    assert ("items" in read.faults) is not known


@pytest.mark.parametrize(
    ("item", "compared", "fault"),
    [
        ("2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假。", 2, ""),
        ("2月16日（除夕）至2月23日（初七）放假。", 2, ""),
        ("2月16日至23日（农历除夕至初七）放假。", 2, ""),
        ("2月17日、18日（正月初一、初二）放假。", 2, ""),
        ("2月16日（大年三十）至2月19日（大年初三）放假。", 2, ""),
        ("2月17日（农历正月初二、周二）放假。", 1, "2026-02-17印作农历正月初二，正月初二是2026-02-18"),
        ("2月15日（农历除夕）至23日放假。", 1, "2026-02-15印作农历除夕，除夕是2026-02-16"),
        ("2月15日（腊月廿九）至23日（农历正月初八）放假。", 2, "正月初八是2026-02-24"),
        ("9月25日（农历八月十五）放假，10月18日（九月初九）放假。", 2, ""),
        ("11月20日（农历十月十一）至22日放假。", 1, "十月十一是2026-11-19"),
        ("1月10日（冬月廿二）放假。", 1, ""),
        ("1月10日（二〇二六年一月十日）放假，10月1日（十月一日）放假。", 0, ""),
    ],
)  # fmt: skip
def test_a_printed_lunar_day_is_compared(item: str, compared: int, fault: str) -> None:
    read = read_notice(notice_of(2026, f"二、春节：{item}"))
    assert read.found.get("lunar", 0) == compared
    assert bool(read.faults) is bool(fault)
    assert fault in "；".join(read.faults.get("lunar", ()))


@pytest.mark.parametrize(
    ("title", "item", "name"),
    [
        ("关于2026年彝族年放假安排的通知", "", "彝族年"),
        ("关于2026年彝族年放假安排的通知", "一、放假时间：", "彝族年"),
        ("关于做好2026年苗年放假工作的通知", "放假时间为", "苗年"),
        ("关于2026年“那达慕”大会放假的通知", "", "那达慕大会"),
        ("关于2026年民族节日放假安排的通知", "一、彝族年：", "彝族年"),
        ("关于2026年民族节日放假安排的通知", "（二）目瑙纵歌节：", "目瑙纵歌节"),
        ("关于2026年民族节日放假安排的通知", "一、雪顿节、羌历年：", "雪顿节"),
        ("关于2026年州庆日放假的通知", "", "州庆日"),
        ("关于2026年放假安排的通知", "三月三：", "三月三"),  # the line before ends with 9号
        ("关于2026年全区放假安排的通知", "", "放假"),
    ],
)
def test_a_local_festival_keeps_its_printed_name(title: str, item: str, name: str) -> None:
    text = f"凉山州人民政府办公室{title}\n凉府办发〔2026〕9号\n{item}11月20日（周五）至22日放假。\n2026年10月9日"
    read = read_notice(text)
    assert read.faults == {}
    assert [(one.date.day, one.name) for one in read.days] == [(k, name) for k in (20, 21, 22)]
