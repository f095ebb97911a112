"""Units, the holders that they answer to, and who is told."""

import pytest

from engine.errors import BadAgency
from engine.recipients import Recipient
from engine.units import Contact, Role, Unit, lineage, match_holders
from notifiers.channel import Addressing
from tests.builders import Box, build_agency, build_duty, build_rule, build_unit

OFFICE = build_unit("office", "市政府办公室", channels=("room",))
FINANCE = build_unit("finance", "市财政局", parent="office", channels=())
TREASURY = build_unit("treasury", "国库科", parent="finance", channels=("box",))
UNITS = {unit.id: unit for unit in (OFFICE, FINANCE, TREASURY)}


def test_holders_are_found_by_name_and_alias() -> None:
    units = [Unit("finance", "广元市财政局", aliases=("市财政局", "财政"))]
    assert match_holders(["广元市财政局", "财政", "市审计局"], units) == {
        "广元市财政局": "finance",
        "财政": "finance",
        "市审计局": None,
    }


def test_the_line_goes_upwards_and_ends() -> None:
    assert [unit.id for unit in lineage("treasury", UNITS)] == ["treasury", "finance", "office"]
    assert lineage("nobody", UNITS) == []


def test_a_circle_of_superiors_is_refused() -> None:
    units = [build_unit("a", "甲", parent="b"), build_unit("b", "乙", parent="a")]
    with pytest.raises(BadAgency, match="绕成了圈"):
        build_agency([build_rule()], [build_duty(unit="a")], units=units)
    with pytest.raises(BadAgency, match="绕成了圈"):
        build_agency([build_rule()], [], units=[build_unit("a", "甲", parent="a")])


def test_a_unit_without_channels_is_told_through_its_superiors() -> None:
    channels = {"room": Box(addressing=Addressing.GROUP), "box": Box()}
    agency = build_agency([build_rule()], units=UNITS.values(), channels=channels)
    assert agency.recipients("treasury") == [Recipient("box", "treasury")]
    assert agency.recipients("finance") == [Recipient("room", "room")]
    assert agency.recipients("treasury", Role.SUPERIOR) == [
        Recipient("room", "room", role=Role.SUPERIOR)
    ]
    assert agency.recipients("office", Role.SUPERIOR) == []


def test_what_does_not_exist_is_named() -> None:
    cases = [
        (lambda: build_agency([build_rule()], [build_duty("paper-9")]), "paper-9"),
        (lambda: build_agency([build_rule()], [build_duty(unit="nobody")]), "nobody"),
        (lambda: build_agency([build_rule()], channels={}), "box"),
        (lambda: build_agency([build_rule()], readings={"paper-9": "P1M"}), "paper-9"),
        (lambda: build_agency([build_rule()], units=[build_unit(parent="x")]), "上级“x”"),
        (lambda: build_agency([build_rule()], [build_duty(since="1999-01-01")]), "1999-01-01"),
    ]
    for build, named in cases:
        with pytest.raises(BadAgency, match=named):
            build()


def test_a_person_is_reached_by_the_account_in_the_work_chat() -> None:
    unit = Unit(
        "finance",
        "市财政局",
        channels=("chat",),
        contacts=(Contact("王莉", account="wangli"), Contact("张三")),
    )
    agency = build_agency([], units=[unit], channels={"chat": Box(addressing=Addressing.PERSON)})
    assert agency.recipients("finance") == [Recipient("chat", "wangli", to="wangli")]
    assert agency.empty_channels(unit) == []
    nobody = Unit("health", "市卫生健康委", channels=("chat",), contacts=(Contact("李四"),))
    assert agency.empty_channels(nobody) == ["chat"]
