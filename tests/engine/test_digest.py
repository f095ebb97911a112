"""What a recipient reads: order, remaining time, bytes, and what is never cut."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agency import Agency
from engine.digest import DUPLICATE_MARK, MOST_PARTS, Composer, Urgency
from engine.digest_items import Item, items_of
from engine.due_dates import Due, due
from engine.obligations import Obligation
from engine.remaining import remaining_in_words
from engine.signed_links import longest_link
from engine.units import Role
from engine.wording import named
from notifiers.console import Console
from notifiers.dingtalk_robot import DingtalkRobot
from notifiers.feishu_robot import FeishuRobot
from notifiers.mail import Mail
from notifiers.message import Markup, Matter
from notifiers.webhook import Webhook
from notifiers.wecom_application import WecomApplication
from notifiers.wecom_robot import WecomRobot
from notifiers.zhezhengding import Zhezhengding
from rules.rule import Document
from rules.terms import Term
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_obligation,
    build_rule,
    build_unit,
    day,
    instant,
)

NOW = instant("2026-10-12T09:00")
FINANCE = build_unit(people=("张三", "李四"))
HEALTH = build_unit("health", "市卫生健康委", people=("王五",))
AGENCY = build_agency([build_rule()], units=[FINANCE, HEALTH], public_url="http://10.0.0.8:8000/")


def composer(
    now: datetime = NOW,
    *,
    agency: Agency = AGENCY,
    markup: Markup = Markup.TEXT,
    limit: int = 65_536,
) -> Composer:
    return Composer(agency, CALENDAR, markup, now, limit)


def body(*rows: Obligation, now: datetime = NOW, superior: bool = False) -> str:
    return composer(now).compose([Item(row, superior) for row in rows], 1, 1, False).body


def line(row: Obligation, now: str) -> str:
    (found,) = [one for one in body(row, now=instant(now)).splitlines() if "期限：" in one]
    return found.removeprefix("　期限：")


def test_a_message_reads_as_a_whole() -> None:
    late = build_obligation("2026-09-30", id=1, period="2026-09")
    near = build_obligation("2026-10-18", id=2, unit="health", period="2026-W42")
    assert body(near, late) == (
        "【期限提醒】已逾期1项，即将到期1项\n"
        "\n【已逾期】\n"
        "1. 按月公开财政收支情况（2026年9月）\n"
        "　单位：市财政局（张三、李四）\n"
        "　期限：2026-09-30（星期三）到期，已逾期4个工作日\n"
        "　依据：《政务公开工作要点》国办发〔2026〕1号；口径：每月一次，每月的最后一日前（默认口径）\n"
        "\n【即将到期】\n"
        "2. 按月公开财政收支情况（2026年第42周）\n"
        "　单位：市卫生健康委（王五）\n"
        "　期限：2026-10-18（星期日）到期，宜在2026-10-16（星期五）前办理，剩4个工作日\n"
        "　依据：《政务公开工作要点》国办发〔2026〕1号；口径：每月一次，每月的最后一日前（默认口径）\n"
        "\n办结后请登记，登记后不再提醒：http://10.0.0.8:8000/"
    )


def test_late_comes_first_then_hours_then_today_then_near() -> None:
    soon = build_obligation("2026-10-12", id=1, due_at=instant("2026-10-12T22:00"))
    sooner = build_obligation("2026-10-12", id=2, unit="health", due_at=instant("2026-10-12T11:00"))
    today = build_obligation("2026-10-12", id=3)
    late, later = build_obligation("2026-10-09", id=4), build_obligation("2026-09-30", id=5)
    near, next_ = build_obligation("2026-10-15", id=6), build_obligation("2026-10-13", id=7)
    hour_late = build_obligation("2026-10-12", id=8, due_at=instant("2026-10-12T08:00"))
    rows = [near, soon, today, late, next_, later, sooner, hour_late]
    (part,) = composer().pack([Item(row, False) for row in rows])
    assert [item.obligation.id for item in part] == [5, 4, 8, 2, 1, 3, 7, 6]
    text = body(*rows)
    headings = [text.index(name) for name in ("\n【已逾期】", "\n【限时办理】", "\n【今日应办】", "\n【即将到期】")]  # fmt: skip
    assert headings == sorted(headings)
    assert text.startswith("【期限提醒】已逾期3项，限时办理2项，今日应办1项，即将到期2项\n")


def test_the_remaining_time_is_in_working_days() -> None:
    cases = [
        # due on,      now,               line
        ("2026-10-12", "2026-09-29T09:00", "剩5个工作日"),
        ("2026-10-12", "2026-10-01T12:00", "剩4个工作日"),
        ("2026-10-12", "2026-10-08T09:00", "剩3个工作日"),
        ("2026-10-12", "2026-10-10T09:00", "剩1个工作日"),
        ("2026-10-12", "2026-10-11T09:00", "剩1个工作日"),
        ("2026-10-12", "2026-10-12T00:00", "请今日办理"),
        ("2026-10-12", "2026-10-12T23:59", "请今日办理"),
        ("2026-10-12", "2026-10-13T00:00", "已逾期1个工作日"),
        ("2026-09-30", "2026-10-03T09:00", "已逾期"),
        ("2026-09-30", "2026-10-08T09:00", "已逾期1个工作日"),
        ("2026-09-30", "2026-10-10T09:00", "已逾期3个工作日"),
    ]
    for due_on, now, expected in cases:
        found = line(build_obligation(due_on), now)
        assert found == f"{named(day(due_on))}到期，{expected}", now


def test_a_due_day_that_is_off_advises_the_day_before_it_while_there_is_time() -> None:
    end = due(Term.parse("after_event", "P20D"), day("2026-01-28"), CALENDAR)
    row = build_obligation(due=end)
    cases = [
        (
            "2026-02-13T09:00",
            "2026-02-24（星期二）到期，宜在2026-02-14（星期六）前办理，剩1个工作日",
        ),
        (
            "2026-02-14T09:00",
            "2026-02-24（星期二）到期，宜在2026-02-14（星期六）前办理，请今日办理",
        ),
        ("2026-02-24T09:00", "2026-02-24（星期二）到期，请今日办理"),
        ("2026-02-25T09:00", "2026-02-24（星期二）到期，已逾期1个工作日"),
    ]
    assert [(now, line(row, now)) for now, _ in cases] == cases


def test_hours_are_told_in_hours_and_minutes() -> None:
    row = build_obligation("2026-10-02", due_at=instant("2026-10-02T03:40"))
    cases = [
        ("2026-10-01T22:40", "剩5小时0分"),
        ("2026-10-02T03:39:30", "剩0小时0分"),
        ("2026-10-02T03:40", "剩0小时0分"),
        ("2026-10-02T04:55", "已逾期1小时15分"),
        ("2026-10-03T09:00", "已逾期29小时20分"),
        ("2026-10-09T09:00", "已逾期2个工作日"),
        ("2026-10-08T09:00", "已逾期1个工作日"),
    ]
    for now, expected in cases:
        assert line(row, now) == f"2026-10-02（星期五）03:40前，{expected}", now


def test_a_provisional_date_says_so() -> None:
    end = due(Term.parse("after_event", "20WD"), day("2026-12-15"), CALENDAR)
    assert "（暂定，放假安排尚未公布）" in line(build_obligation(due=end), "2026-12-16T09:00")


def test_the_superior_is_asked_to_press() -> None:
    assert "督办：请催办" in body(build_obligation("2026-09-30"), superior=True)
    assert "督办" not in body(build_obligation("2026-09-30"))


def test_the_subject_names_one_unit_the_part_and_the_duplicate() -> None:
    items = [Item(build_obligation("2026-10-15"), False)]
    found = composer().compose(items, 2, 3, True)
    assert found.subject == f"{DUPLICATE_MARK}【期限提醒】市财政局：即将到期1项（2/3）"
    assert found.body.startswith(f"{found.subject}\n")
    plain = composer().compose(items, 1, 1, False)
    assert plain.subject == "【期限提醒】市财政局：即将到期1项"


def test_a_reference_is_not_read_as_a_month() -> None:
    cases = [
        # reference,          shown
        ("2026-12", "（2026-12）"),
        ("依申请〔2026〕12号", "（依申请〔2026〕12号）"),
        ("2026-10-08", "（2026年10月8日）"),
    ]
    for reference, shown in cases:
        assert shown in body(build_obligation(period=reference, event_id=7)), reference


def test_nothing_in_a_name_or_reference_is_markup_or_a_line_of_its_own() -> None:
    hostile = (
        '**x** [点此](http://evil) <font color="info">\n　期限：2099-01-01到期\r\n> `y`\u2028z'
    )
    unit = build_unit("finance", f"财政局{hostile}")
    agency = build_agency([build_rule(quote=hostile)], [build_duty()], units=[unit])
    item = Item(build_obligation(period=hostile, event_id=7), False)
    found = composer(agency=agency, markup=Markup.MARKDOWN).compose([item], 1, 1, False)
    lines = found.body.splitlines()
    assert len([one for one in lines if one.startswith("　期限：")]) == 1
    assert len(lines) == len(composer(agency=AGENCY).compose([Item(build_obligation(), False)], 1, 1, False).body.splitlines())  # fmt: skip
    rest = found.body.replace('<font color="info">', "").replace("</font>", "")
    assert rest.count("**") == 4  # the subject and the matter are strong, and nothing else
    assert not set("<>`[]#_~|") & set(rest)
    assert "\n" not in found.subject


# Random items. Names are bounded as in an office: what is never cut has to fit by itself.

TEXT = st.text(
    st.sampled_from("政务公开财政收支情况，。（）“”*_#`[]<>|~ab1😀👨‍👩‍👧\n　"), max_size=30
)
QUOTES = st.one_of(TEXT, st.integers(1, 400).map(lambda size: "公开" * (size // 2) + "政"))
TITLES = st.one_of(TEXT, st.just("关于印发年度政务公开工作要点分工方案的通知" * 12))
MOMENTS = st.integers(-60, 60)


@st.composite
def mails(draw: st.DrawFn) -> tuple[Agency, list[Item]]:
    document = Document("paper-1", draw(TITLES) or "题", number="国办发〔2026〕1号")
    rules = [
        build_rule(f"paper-1-{n:02}", quote=draw(QUOTES) or "事项", document=document)
        for n in range(draw(st.integers(1, 4)))
    ]
    units = [
        build_unit(f"unit-{n}", f"单位{n}" + draw(TEXT)[:15], people=("欧阳甲某", f"联系人{n}"))
        for n in range(draw(st.integers(1, 3)))
    ]
    agency = build_agency(rules, [], units=units, public_url="http://10.0.0.8:8000/")
    items = []
    for number in range(draw(st.integers(1, 12))):
        due_on = day("2026-10-12") + timedelta(days=draw(MOMENTS))
        hours = NOW + timedelta(hours=draw(MOMENTS)) if draw(st.booleans()) else None
        row = build_obligation(
            rule=draw(st.sampled_from(rules)).id,
            unit=draw(st.sampled_from(units)).id,
            period=draw(st.sampled_from(["2026-09", "2026-W41", "依申请〔2026〕*12*号"])),
            due=Due(
                due_on, hours, CALENDAR.on_or_before(due_on), draw(st.booleans()), due_on, due_on
            ),
            id=number + 1,
        )
        items.append(Item(row, draw(st.booleans())))
    return agency, items


@given(mails(), st.sampled_from(Markup), st.booleans(), st.sampled_from([0, 1, 30]))
@settings(deadline=None, max_examples=80)
def test_no_part_exceeds_the_limit_and_no_matter_is_lost(
    mail: tuple[Agency, list[Item]], markup: Markup, duplicate: bool, days_later: int
) -> None:
    agency, items = mail
    limit = 2048 if markup is Markup.TEXT else 4096
    parts = composer(agency=agency, markup=markup, limit=limit).pack(items)
    assert sorted(item.obligation.id or 0 for part in parts for item in part) == list(range(1, len(items) + 1))  # fmt: skip
    later = NOW + timedelta(days=days_later)
    sending = replace(
        composer(later, agency=agency, markup=markup, limit=limit),
        link=longest_link(agency.public_url),
    )
    for number, part in enumerate(parts, 1):
        found = sending.compose(part, number, len(parts), duplicate)
        assert len(found.body.encode()) <= limit
        assert f"：{sending.link}\n" in found.body
        for item in part:
            rule, unit = agency.catalogue.rules[item.obligation.rule], agency.units[item.obligation.unit]  # fmt: skip
            assert sending._plain(rule.quote[:12]) in found.body
            left = remaining_in_words(item.obligation, later, CALENDAR)
            for whole in (unit.name, "欧阳甲某、", item.obligation.period_in_words, left):
                assert sending._plain(whole) in found.body


def test_a_message_that_is_sent_ends_with_its_own_link() -> None:
    writer = replace(composer(), link="http://10.0.0.8:8000/m/TOKEN")
    found = writer.compose([Item(build_obligation(), False)], 1, 1, False).body
    assert found.endswith(
        "\n查看、签收：http://10.0.0.8:8000/m/TOKEN\n办结后请登记，登记后不再提醒。"
    )
    assert found.count("http://") == 1


def test_the_matters_of_a_card_say_the_same_in_fields() -> None:
    late = build_obligation("2026-09-30", id=1, period="2026-09")
    near = build_obligation("2026-10-18", id=2, unit="health", period="2026-W42")
    found = composer().matters([Item(near, True), Item(late, False)])
    assert found == (
        Matter(
            "按月公开财政收支情况（2026年9月）",
            "市财政局",
            "2026-09-30（星期三）到期",
            "已逾期4个工作日",
        ),
        Matter(
            "按月公开财政收支情况（2026年第42周）",
            "市卫生健康委",
            "2026-10-18（星期日）到期",
            "剩4个工作日",
            "2026-10-16（星期五）前",
            notes=("督办：请催办",),
        ),
    )


@given(mails())
@settings(deadline=None, max_examples=40)
def test_parts_keep_the_order_of_the_whole(mail: tuple[Agency, list[Item]]) -> None:
    agency, items = mail
    writer = composer(agency=agency)
    order = [item for part in composer(agency=agency, limit=2048).pack(items) for item in part]
    (whole,) = composer(agency=agency, limit=1_000_000).pack(items)
    assert order == whole
    stages = [writer.urgency(item) for item in order]
    assert stages == sorted(stages)
    assert set(stages) <= set(Urgency)


def test_a_matter_that_is_too_long_by_itself_gives_up_only_its_source() -> None:
    document = Document("paper-1", "关于印发年度政务公开工作要点分工方案的通知" * 20, number="号")
    rule = build_rule(quote="公" * 400, document=document)
    agency = build_agency([rule], units=[FINANCE])
    item = Item(build_obligation("2026-10-18"), False)
    writer = composer(agency=agency, limit=2048)
    (part,) = writer.pack([item])
    found = writer.compose(part, 1, 1, True).body
    assert 2030 <= len(found.encode()) <= 2048
    assert "公" * 400 in found
    assert "市财政局（张三、李四）" in found
    assert "2026-10-18（星期日）到期，宜在2026-10-16（星期五）前办理，剩4个工作日" in found
    (cut,) = [one for one in found.splitlines() if one.startswith("　依据：《关于")]
    assert cut.endswith("…")


def test_a_long_matter_among_others_stands_alone() -> None:
    long, short = build_rule("paper-1-01", quote="公" * 500), build_rule("paper-1-02")
    agency = build_agency([long, short], units=[FINANCE])
    items = [
        Item(build_obligation("2026-10-13", rule=short.id, id=1), False),
        Item(build_obligation("2026-10-14", rule=long.id, id=2), False),
        Item(build_obligation("2026-10-15", rule=short.id, id=3), False),
    ]
    parts = composer(agency=agency, limit=2048).pack(items)
    assert [[item.obligation.id for item in part] for part in parts] == [[1], [2], [3]]


def test_one_matter_fits_every_channel() -> None:
    """Names as long as the configuration lets them be, and a person who stands in for another."""
    rule = build_rule(quote="公" * 500)
    long = "单" * 60
    unit = build_unit("finance", long, people=tuple(f"{n}" + "人" * 59 for n in range(1, 5)))
    agency = build_agency([rule], units=[unit], public_url="http://10.0.0.8:8000/")
    row = build_obligation("2026-10-18", period="依" * 100, event_id=7)
    row.moved = "到期日由2026-10-16改为2026-10-18，宜办日2026-10-16，据" + "通" * 200
    limits = {kind.limit for kind in (Console, DingtalkRobot, FeishuRobot, Mail, Webhook)}
    limits |= {WecomApplication.limit, Zhezhengding.limit}
    limits |= {WecomRobot(httpx.AsyncClient(), "https://e", "key", one).limit for one in Markup}
    assert min(limits) == 1800
    for limit in limits:
        writer = composer(agency=agency, limit=limit)
        (part,) = writer.pack([Item(row)])
        found = writer.compose(part, 1, 1, True).body
        assert len(found.encode()) <= limit
        for whole in (long, "1" + "人" * 59, "依" * 100, "剩4个工作日"):
            assert whole in found, limit


def sixty(urgent: int) -> list[Item]:
    """Sixty matters, `urgent` of them late and the others due next week."""
    return [
        Item(
            build_obligation(
                "2026-09-30" if number <= urgent else "2026-10-19",
                unit=("finance", "health")[number % 2],
                period=f"依申请〔2026〕{number}号",
                event_id=number,
                id=number,
            )
        )
        for number in range(1, 61)
    ]


def test_sixty_matters_of_one_day_are_three_messages_at_most_the_late_first() -> None:
    quote = "按月公开全市一般公共预算收支执行情况和重点领域支出"
    agency = build_agency([build_rule(quote=quote)], units=[FINANCE, HEALTH])
    for limit in (20_480, 9_000, 4096):
        for urgent in (0, 1, 20, 30, 60):
            writer = composer(agency=agency, markup=Markup.MARKDOWN, limit=limit)
            parts = writer.pack(sixty(urgent))
            assert len(parts) <= MOST_PARTS, (limit, urgent)
            bodies = [
                writer.compose(part, number, len(parts), False).body
                for number, part in enumerate(parts, 1)
            ]
            assert max(len(body.encode()) for body in bodies) <= limit
            whole = "\n".join(bodies)
            for number in range(1, 61):
                assert whole.count(f"依申请〔2026〕{number}号") == 1
            order = [item.obligation.id for part in parts for item in part]
            assert set(order[:urgent]) == set(range(1, urgent + 1))
            alone = [{(item.obligation.id or 0) <= urgent for item in part} for part in parts]
            assert all(len(kinds) == 1 for kinds in alone) or len(parts) in (1, MOST_PARTS)


def test_a_matter_of_one_line_keeps_unit_period_date_and_person() -> None:
    items = sixty(20)
    items[0] = Item(items[0].obligation, notes=("督办：请赵强催办",))
    items[21].obligation.provisional = True
    writer = composer(limit=4096)
    bodies = [writer.compose(part, 1, 1, False).body for part in writer.pack(items)]
    lines = [line for body in bodies for line in body.splitlines() if "〔2026〕" in line]
    assert "按月公开财政收支情况（依申请〔2026〕1号）市卫生健康委（王五） 9月30日到期 已逾期4个工作日 督办：请赵强催办" in "\n".join(lines)  # fmt: skip
    assert "（依申请〔2026〕22号）市财政局（张三、李四） 10月19日到期（暂定） 剩5个工作日" in "\n".join(lines)  # fmt: skip
    assert len(lines) == 60
    assert not any("依据" in body for body in bodies)


def test_what_is_asked_of_whom_is_said_once() -> None:
    row, other = build_obligation(id=1), build_obligation(id=2, unit="health")
    told = [
        (row, Role.HANDLER, ""),
        (row, Role.HEAD, "王莉、陈静（代刘伟）"),
        (row, Role.LEADER, "赵强"),
        (row, Role.SUPERIOR, ""),
        (other, Role.SUPERIOR, ""),
        (other, Role.SUPERIOR, ""),
    ]
    asked, pressed = items_of(told)
    assert asked == Item(row, notes=("督办：请王莉、陈静（代刘伟）、赵强催办",))
    assert pressed == Item(other, superior=True, ours=False)
    assert items_of([(row, Role.HANDLER, "张三（代李四）")])[0].notes == ("代办：张三（代李四）",)
    assert items_of([(row, Role.SUPERIOR, "张三（代李四）")])[0] == Item(
        row, notes=("督办：请张三（代李四）催办",), ours=False
    )
    text = composer().compose([asked], 1, 1, False).body
    assert "　单位：市财政局（张三、李四）　督办：请王莉、陈静（代刘伟）、赵强催办\n" in text
