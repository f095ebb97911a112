"""The date of a limit is a replay of what happened to its clock, and each step can be followed."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import NoDate, NotAllowed
from engine.event_clocks import Change, Exclude, Extend, Restart, check, replay
from engine.explanation import Step, explain
from engine.instants import local_iso, parse_event
from rules.amounts import Amount
from rules.catalogue_files import load_catalogue
from rules.terms import Term
from tests.builders import CALENDAR, calendar_through, day

DAY = timedelta(days=1)
CLAUSES = load_catalogue().clauses
RESTART = CLAUSES["zfxxgk-tiaoli-2019-30-restart"]
OPINIONS = CLAUSES["zfxxgk-tiaoli-2019-33-opinions"]
EXTENSION = CLAUSES["zfxxgk-tiaoli-2019-33-extension"]


def restart(at: str) -> Restart:
    return Restart(parse_event(at), RESTART)


def exclude(since: str, until: str) -> Exclude:
    return Exclude(parse_event(since), parse_event(until), OPINIONS)


def extend(at: str, amount: str = "20WD", approver: str = "李主任") -> Extend:
    return Extend(parse_event(at), Amount.parse(amount), approver, EXTENSION)


# Received 2026-03-02, 20 working days; 04-04 to 04-06 and 05-01 to 05-05 are off, 05-09 is worked.
#  due_on         changes
VECTORS = [
    ("2026-03-30", []),
    ("2026-04-16", [restart("2026-03-18")]),
    ("2026-04-10", [exclude("2026-03-06", "2026-03-18")]),
    ("2026-04-28", [extend("2026-03-20")]),
]
COMBINED = [
    # What was counted before a restart does not count, and so neither what was taken out of it.
    ("2026-04-16", [exclude("2026-03-06", "2026-03-12"), restart("2026-03-18")]),
    # Taken out of the new limit.
    ("2026-04-22", [restart("2026-03-18"), exclude("2026-03-20", "2026-03-26")]),
    # Of an exclusion that spans a restart the rest: 03-19 and 03-20 are not counted.
    ("2026-04-20", [exclude("2026-03-12", "2026-03-20"), restart("2026-03-18")]),
    # One that ends on the day of the restart takes nothing out.
    ("2026-04-16", [exclude("2026-03-12", "2026-03-18"), restart("2026-03-18")]),
    # An extension is of the limit that ran; the new one is whole, and not longer.
    ("2026-04-16", [extend("2026-03-10"), restart("2026-03-18")]),
    ("2026-05-18", [restart("2026-03-18"), extend("2026-04-01")]),
    # Of one day the restart comes first.
    ("2026-05-18", [extend("2026-03-18"), restart("2026-03-18")]),
    ("2026-05-18", [extend("2026-03-10"), restart("2026-03-18"), extend("2026-04-01")]),
    # Working days are taken out before and after an extension alike.
    ("2026-05-12", [exclude("2026-03-06", "2026-03-18"), extend("2026-03-20")]),
    ("2026-05-12", [exclude("2026-03-06", "2026-03-18"), extend("2026-04-10")]),
    # In the time that the extension gave.
    ("2026-05-06", [extend("2026-03-20"), exclude("2026-04-08", "2026-04-13")]),
    # One after another; the second begins on the day on which the first ends.
    ("2026-04-10", [exclude("2026-03-06", "2026-03-10"), exclude("2026-03-10", "2026-03-18")]),
    # The last restart counts. It may come after the due date: the application was not complete.
    ("2026-04-23", [restart("2026-03-18"), restart("2026-03-25")]),
    ("2026-06-04", [restart("2026-05-08")]),
    # Asked and answered on one day, or over a weekend: nothing is taken out.
    ("2026-03-30", [exclude("2026-03-06", "2026-03-06")]),
    ("2026-03-30", [exclude("2026-03-06", "2026-03-08")]),
    # Asked on the day of receipt; approved on the last day.
    ("2026-04-08", [exclude("2026-03-02", "2026-03-09"), extend("2026-04-07", "1WD")]),
    ("2026-03-31", [extend("2026-03-30", "1WD")]),
]


@pytest.mark.parametrize(("due_on", "changes"), VECTORS + COMBINED)
def test_twenty_working_days_after_2026_03_02(due_on: str, changes: list[Change]) -> None:
    term, received = Term.parse("after_event", "20WD"), day("2026-03-02")
    check(term, received, changes, CALENDAR)
    found = replay(term, received, changes, CALENDAR)
    assert (found.due_on, found.act_by, found.provisional) == (day(due_on), day(due_on), False)


def due_of(value: str, event: str, *changes: Change) -> tuple[str, str]:
    term, start = Term.parse("after_event", value), parse_event(event)
    check(term, start, changes, CALENDAR)
    found = replay(term, start, changes, CALENDAR)
    return local_iso(found.due_at) or str(found.due_on), str(found.act_by)


# 春节 is from 2026-02-15 to 02-23; 02-14 and 02-28 are working Saturdays.
@pytest.mark.parametrize(
    ("value", "event", "changes", "due_on", "act_by"),
    [
        ("P20D", "2026-01-28", [], "2026-02-24", "2026-02-14"),
        # The unrolled last day, 02-17, moves by ten days; 02-27 is a Friday.
        ("P20D", "2026-01-28", [exclude("2026-02-02", "2026-02-12")], "2026-02-27", "2026-02-27"),
        # Moved by three days to 02-20, which then rolls.
        ("P20D", "2026-01-28", [exclude("2026-02-02", "2026-02-05")], "2026-02-24", "2026-02-14"),
        # Begun after the last day, while it rolls: the first working day that is not taken out.
        ("P20D", "2026-01-28", [exclude("2026-02-18", "2026-02-26")], "2026-02-27", "2026-02-14"),
        ("P20D", "2026-01-28", [extend("2026-02-10", "P10D")], "2026-02-27", "2026-02-27"),
        # What the term settles holds for what was put off, extended and begun anew.
        (
            "P20D;roll=no",
            "2026-01-28",
            [exclude("2026-02-02", "2026-02-05")],
            "2026-02-20",
            "2026-02-14",
        ),
        (
            "P20D;roll=yes",
            "2026-01-28",
            [exclude("2026-02-02", "2026-02-05")],
            "2026-02-24",
            "2026-02-24",
        ),
        ("P10D;roll=no", "2026-01-28", [extend("2026-02-05", "P10D")], "2026-02-17", "2026-02-14"),
        ("20WD;first=counted", "2026-03-02", [], "2026-03-27", "2026-03-27"),
        ("20WD;first=counted", "2026-03-02", [restart("2026-03-18")], "2026-04-15", "2026-04-15"),
        (
            "20WD;first=counted",
            "2026-03-02",
            [exclude("2026-03-06", "2026-03-18")],
            "2026-04-09",
            "2026-04-09",
        ),
        # The day of the restart counts, though it lies in what was taken out.
        (
            "20WD;first=counted",
            "2026-03-02",
            [exclude("2026-03-12", "2026-03-20"), restart("2026-03-18")],
            "2026-04-17",
            "2026-04-17",
        ),
        ("P1M;first=counted", "2026-03-02", [restart("2026-03-18")], "2026-04-17", "2026-04-17"),
        ("P20D", "2026-01-28", [restart("2026-02-25")], "2026-03-17", "2026-03-17"),
        ("P1M", "2026-01-31", [], "2026-02-28", "2026-02-28"),
        ("P1M", "2026-01-31", [exclude("2026-02-02", "2026-02-04")], "2026-03-02", "2026-03-02"),
        # Two months from the start, not a month from 02-28.
        ("P1M", "2026-01-31", [extend("2026-02-10", "P1M")], "2026-03-31", "2026-03-31"),
        ("P2W", "2026-03-02", [extend("2026-03-03", "P1W")], "2026-03-23", "2026-03-23"),
        ("P1Y", "2024-02-29", [restart("2024-03-29")], "2025-03-31", "2025-03-28"),
        (
            "PT5H",
            "2026-10-01T22:40",
            [exclude("2026-10-01T23:00", "2026-10-02T08:00")],
            "2026-10-02T12:40:00+08:00",
            "2026-10-02",
        ),
        (
            "PT5H",
            "2026-10-01T22:40",
            [restart("2026-10-01T23:10"), extend("2026-10-02T01:00", "PT24H")],
            "2026-10-03T04:10:00+08:00",
            "2026-10-03",
        ),
    ],
)
def test_calendar_days_months_and_hours(
    value: str, event: str, changes: list[Change], due_on: str, act_by: str
) -> None:
    extensions = [one for one in changes if isinstance(one, Extend)]
    free = [Extend(one.at, one.amount, one.approver) for one in extensions]  # no cap in days
    others = [one for one in changes if one not in extensions]
    assert due_of(value, event, *others, *free) == (due_on, act_by)


@pytest.mark.parametrize(("due_on", "changes"), COMBINED)
def test_the_order_of_entry_does_not_matter(due_on: str, changes: list[Change]) -> None:
    term, chance = Term.parse("after_event", "20WD"), random.Random(due_on)
    for _ in range(5):
        chance.shuffle(changes)
        assert replay(term, day("2026-03-02"), changes, CALENDAR).due_on == day(due_on)


FULL = "延长的期限最长不得超过20个工作日"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([extend("2026-03-20", "21WD")], f"超过上限：第三十三条“{FULL}”，请改为不超过 20WD"),
        (
            [extend("2026-03-20", "15WD"), extend("2026-03-25", "6WD")],
            "此前已延15个工作日，请改为不超过 5WD",
        ),
        ([extend("2026-03-20"), extend("2026-03-25", "1WD")], "此前已延20个工作日，不能再延"),
        ([extend("2026-03-20", approver="")], "延期须经批准，请在 approver 写明批准人"),
        ([extend("2026-03-31")], "期限到2026-03-30已满，2026-03-31才批准的延期不能计入"),
        # As it stood then: the exclusion began before, and so moved the due date before.
        (
            [exclude("2026-03-06", "2026-03-18"), extend("2026-04-11")],
            "期限到2026-04-10已满，2026-04-11才批准的延期不能计入",
        ),
        # A restart gives no time back to what came before it.
        ([extend("2026-04-02"), restart("2026-04-08")], "期限到2026-03-30已满"),
        ([extend("2026-03-20", "P20D")], "延期须与期限（20个工作日）同样计量，请写作 20WD 之类"),
        ([extend("2026-03-01")], "早于起算事由的时间（2026-03-02）"),
        ([restart("2026-03-01")], "2026-03-01的重新起算早于起算事由的时间（2026-03-02）"),
        ([exclude("2026-02-27", "2026-03-09")], "2026-02-27至2026-03-09不计入期限的时间早于"),
        ([exclude("2026-03-18", "2026-03-06")], "的结束早于开始，请核对 from 和 to"),
        (
            [exclude("2026-03-06", "2026-03-18"), exclude("2026-03-17", "2026-03-20")],
            "与已登记的2026-03-06至2026-03-18不计入期限的时间重叠",
        ),
        (
            [exclude("2026-03-06", "2026-03-18"), exclude("2026-03-09", "2026-03-10")],
            "与已登记的2026-03-06至2026-03-18不计入期限的时间重叠",
        ),
        (
            [exclude("2026-03-12", "2026-03-20"), restart("2026-03-18"), exclude("2026-03-19", "2026-03-23")],
            "重叠",
        ),
        ([exclude("2026-03-30", "2026-04-08")], "期限到2026-03-30已满，此后的时间不能再扣除"),
        ([exclude("2026-04-01", "2026-04-08")], "期限到2026-03-30已满，此后的时间不能再扣除"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_in_a_sentence(changes: list[Change], sentence: str) -> None:
    for order in (changes, changes[::-1]):
        with pytest.raises(NotAllowed) as refused:
            check(Term.parse("after_event", "20WD"), day("2026-03-02"), order, CALENDAR)
        assert sentence in str(refused.value)


def test_a_cap_in_another_measure_cannot_be_kept_and_so_refuses() -> None:
    with pytest.raises(NotAllowed, match="同样计量（最长20个工作日）"):
        check(
            Term.parse("after_event", "P1M"),
            day("2026-03-02"),
            [extend("2026-03-10", "P1M")],
            CALENDAR,
        )


@pytest.mark.parametrize(
    "change",
    [
        restart("2026-10-01"),
        exclude("2026-10-01", "2026-10-02"),
        exclude("2026-10-01T23:00", "2026-10-02"),
    ],
)
def test_hours_need_the_time_of_day(change: Change) -> None:
    term, event = Term.parse("after_event", "PT5H"), parse_event("2026-10-01T22:40")
    with pytest.raises(NoDate, match="须写明时刻"):
        check(term, event, [change], CALENDAR)
    with pytest.raises(NoDate, match="须写明时刻"):
        replay(term, event, [change], CALENDAR)


def test_what_begins_when_the_hours_have_run_out_takes_nothing_out() -> None:
    term, event = Term.parse("after_event", "PT5H"), parse_event("2026-10-01T22:40")
    pause = exclude("2026-10-02T03:40", "2026-10-02T08:00")
    assert replay(term, event, [pause], CALENDAR) == replay(term, event, [], CALENDAR)
    with pytest.raises(NotAllowed, match="期限到2026-10-02 03:40已满"):
        check(term, event, [pause], CALENDAR)


def test_an_extension_that_no_longer_fits_the_reading_gives_no_date() -> None:
    with pytest.raises(NoDate, match="计量单位不同"):
        replay(Term.parse("after_event", "P20D"), day("2026-03-02"), [extend("2026-03-20")], CALENDAR)  # fmt: skip


@pytest.mark.parametrize("measures", ["20WD,P1M", "P1M;roll=no,20WD;first=counted", "P3W,PT300H"])
@pytest.mark.parametrize("choose", [min, max])
def test_of_several_limits_each_has_its_replay(measures: str, choose: Callable[..., str]) -> None:
    word = "earlier" if choose is min else "later"
    event, changes = "2026-03-02T09:00", [restart("2026-03-18T10:00"), exclude("2026-03-20T10:00", "2026-04-01T11:00")]  # fmt: skip
    each = [due_of(one, event, *changes)[0] for one in measures.split(",")]
    assert due_of(f"{word}({measures})", event, *changes)[0] == choose(each)


def test_which_of_several_limits_is_longer_by_an_extension_nobody_can_say() -> None:
    term = Term.parse("after_event", "earlier(20WD,P1M)")
    with pytest.raises(NotAllowed, match="由几个合成"):
        check(term, day("2026-03-02"), [extend("2026-03-10", "5WD")], CALENDAR)
    with pytest.raises(NoDate, match="计量单位不同"):  # granted before the limit was read so
        replay(term, day("2026-03-02"), [extend("2026-03-10", "5WD")], CALENDAR)


def test_the_steps_of_several_limits_are_those_of_their_replays() -> None:
    told = texts(steps_of("earlier(20WD,P1M)", "2026-03-02", restart("2026-03-18")))
    assert told[:5] == [
        "20个工作日内：2026-04-16（星期四）",
        "1个月内：2026-04-20（星期一）",
        "以先到者为准，即20个工作日内，推算如下",
        "事由发生于2026-03-02（星期一），当日不计入",
        "2026-03-18（星期三）重新起算（收到补正的申请），此前的计数和延期不再算，当日不计入",
    ]
    assert told[-1] == "2026-04-13（星期一）至2026-04-16（星期四）：第17至20个工作日"


def test_half_an_hour_is_an_overlap_where_hours_count_and_none_where_days_do() -> None:
    two = [
        exclude("2026-03-03T09:00", "2026-03-03T11:00"),
        exclude("2026-03-03T10:30", "2026-03-03T12:00"),
    ]
    event = parse_event("2026-03-03T08:00")
    with pytest.raises(NotAllowed, match="2026-03-03 09:00至2026-03-03 11:00"):
        check(Term.parse("after_event", "PT5H"), event, two, CALENDAR)
    check(Term.parse("after_event", "20WD"), event, two, CALENDAR)


def test_bounds_of_what_is_not_announced_yet_hold_with_changes_too() -> None:
    """The wider the calendar is open, the wider the bounds; the true date lies within them."""
    term, start = Term.parse("after_event", "20WD"), day("2018-12-17")
    changes: list[Change] = [
        exclude("2018-12-19", "2018-12-27"),
        Extend(day("2018-12-28"), Amount.parse("20WD"), "李主任"),
    ]
    believed = replay(term, start, changes, calendar_through(2018))
    truth = replay(term, start, changes, CALENDAR)
    assert believed.provisional
    assert not truth.provisional
    assert believed.earliest < believed.latest
    assert believed.earliest <= truth.due_on <= believed.latest
    assert believed.act_by <= believed.earliest


def steps_of(value: str, event: str, *changes: Change) -> tuple[Step, ...]:
    term, start = Term.parse("after_event", value), parse_event(event)
    found = replay(term, start, changes, CALENDAR)
    return explain(term, found, CALENDAR, event=start, changes=changes)


def texts(steps: tuple[Step, ...]) -> list[str]:
    return [step.text for step in steps]


def test_the_steps_through_an_exclusion() -> None:
    steps = steps_of("20WD", "2026-03-02", exclude("2026-03-06", "2026-03-18"))
    assert texts(steps) == [
        "事由发生于2026-03-02（星期一），当日不计入",
        "2026-03-03（星期二）至2026-03-06（星期五）：第1至4个工作日",
        "2026-03-07（星期六）至2026-03-18（星期三）：征求第三方和其他机关意见，不计入",
        "2026-03-19（星期四）至2026-03-20（星期五）：第5至6个工作日",
        "2026-03-21（星期六）至2026-03-22（星期日）：周末，不计入",
        "2026-03-23（星期一）至2026-03-27（星期五）：第7至11个工作日",
        "2026-03-28（星期六）至2026-03-29（星期日）：周末，不计入",
        "2026-03-30（星期一）至2026-04-03（星期五）：第12至16个工作日",
        "2026-04-04（星期六）至2026-04-06（星期一）：清明节，不计入",
        "2026-04-07（星期二）至2026-04-10（星期五）：第17至20个工作日",
    ]
    assert steps[2].basis == (
        "《中华人民共和国政府信息公开条例》国务院令第711号第三十三条："
        "“行政机关征求第三方和其他机关意见所需时间不计算在前款规定的期限内”"
    )


def test_the_steps_through_a_restart_and_extensions() -> None:
    steps = steps_of(
        "2WD",
        "2026-03-02",
        extend("2026-03-03", "1WD"),
        restart("2026-03-18"),
        Extend(day("2026-03-19"), Amount.parse("3WD"), "李主任", reason="材料较多"),
    )
    assert texts(steps) == [
        "事由发生于2026-03-02（星期一），当日不计入",
        "2026-03-03（星期二）经李主任批准延期1个工作日（需要延长答复期限），共3个工作日",
        "2026-03-18（星期三）重新起算（收到补正的申请），此前的计数和延期不再算，当日不计入",
        "2026-03-19（星期四）经李主任批准延期3个工作日（材料较多），共5个工作日",
        "2026-03-19（星期四）至2026-03-20（星期五）：第1至2个工作日",
        "2026-03-21（星期六）至2026-03-22（星期日）：周末，不计入",
        "2026-03-23（星期一）至2026-03-25（星期三）：第3至5个工作日",
    ]
    assert "第三十条" in steps[2].basis
    assert steps[3].basis == "机关登记"


def test_the_steps_of_calendar_days_through_exclusions() -> None:
    assert texts(
        steps_of(
            "P20D",
            "2026-01-28",
            exclude("2026-01-30", "2026-01-30"),
            exclude("2026-02-02", "2026-02-04"),
            exclude("2026-02-18", "2026-02-19"),
            Exclude(day("2026-02-23"), day("2026-02-25"), reason="专家评审"),
        )
    ) == [
        "事由发生于2026-01-28（星期三），当日不计入",
        "满20日：2026-02-17（星期二）",
        "2026-02-03（星期二）至2026-02-04（星期三）：征求第三方和其他机关意见，2日不计入，最后一日推至2026-02-19（星期四）",
        "2026-02-19（星期四）：征求第三方和其他机关意见，1日不计入，最后一日推至2026-02-20（星期五）",
        "最后一日逢春节，顺延至其后第一个计入期限的工作日2026-02-26（星期四）",
        "宜在2026-02-14（星期六）前办理，按各种算法都不逾期",
    ]


def test_the_steps_of_hours_through_an_exclusion() -> None:
    assert texts(
        steps_of(
            "PT5H",
            "2026-10-01T20:40",
            restart("2026-10-01T22:40"),
            Exclude(parse_event("2026-10-01T23:00"), parse_event("2026-10-02T08:00")),
        )
    ) == [
        "2026-10-01 20:40起算，夜间和节假日不停",
        "2026-10-01 22:40重新起算（收到补正的申请），此前的计数和延期不再算",
        "满5小时：2026-10-02 03:40",
        "2026-10-01 23:00至2026-10-02 08:00：机关登记的时间，不计入，推至2026-10-02 12:40",
    ]


TOLD = re.compile(
    r"(\S{10})（\S+?）(?:至(\S{10})（\S+?）)?：(?:(.+，不计入)|第(\d+)(?:至(\d+))?个工作日)"
)


@given(
    st.integers(1, 60),
    st.dates(date(2015, 1, 1), date(2027, 6, 30)),
    st.lists(st.tuples(st.integers(0, 25), st.integers(0, 20)), max_size=3),
    st.integers(0, 40),
    st.integers(0, 20),
    st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_with_a_wall_calendar_the_steps_arrive_at_the_date(
    number: int,
    event: date,
    spans: list[tuple[int, int]],
    again: int,
    more: int,
    first_counts: bool,
) -> None:
    changes: list[Change] = [Restart(event + again * DAY)] if again else []
    if more:
        changes.append(Extend(event + again * DAY, Amount.parse(f"{more}WD"), "李主任"))
    out, here = set(), event
    for gap, length in spans:
        begin, here = here + gap * DAY, here + (gap + length) * DAY
        changes.append(Exclude(begin, here, reason="征求意见"))
        out |= {begin + n * DAY for n in range(1, length + 1)}
    start = event + again * DAY
    if first_counts:
        out.discard(start)
    term = Term.parse("after_event", f"{number}WD" + ";first=counted" * first_counts)
    found = replay(term, event, changes, CALENDAR)
    steps = explain(term, found, CALENDAR, event=event, changes=changes)
    walked, counted = start - first_counts * DAY, 0
    for step in steps:
        if not (told := TOLD.match(step.text)):
            continue
        first, last, off, begin_number, end_number = told.groups()
        assert day(first) == walked + DAY, "a day was left out or told twice"
        days = [day(first) + n * DAY for n in range((day(last or first) - day(first)).days + 1)]
        walked = days[-1]
        if off:
            assert all(one in out if off == "征求意见，不计入" else not CALENDAR.is_workday(one) for one in days)  # fmt: skip
        else:
            assert all(CALENDAR.is_workday(one) and one not in out for one in days)
            assert int(begin_number) == counted + 1
            counted += len(days)
            assert int(end_number or begin_number) == counted
    assert (walked, counted) == (found.due_on, number + more)
