"""Whom a rung reaches, whatever the roles, the substitutes and the leaves."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.recipients import Away, Directory, Recipient
from engine.units import Contact, Role, Unit
from notifiers.channel import Addressing
from tests.builders import Box

CHANNELS = {
    "mail": Box(addressing=Addressing.MAIL),
    "chat": Box(addressing=Addressing.PERSON),
    "group": Box(addressing=Addressing.GROUP),
}
NAMES = ("甲", "乙", "丙", "丁", "戊")
PEOPLE_ROLES = (Role.HANDLER, Role.HEAD, Role.LEADER)


@st.composite
def offices(draw: st.DrawFn) -> tuple[dict[str, Unit], Away]:
    """Three units above each other, anybody's substitute anybody, anybody away."""
    units: dict[str, Unit] = {}
    away: set[tuple[str, str]] = set()
    for place, parent in (("a", "b"), ("b", "c"), ("c", "")):
        contacts = [
            Contact(
                name,
                mail=draw(st.sampled_from(["", f"{place}{name}@x.cn"])),
                account=draw(st.sampled_from(["", f"{place}{name}"])),
                role=draw(st.sampled_from(PEOPLE_ROLES)),
                substitute=draw(st.sampled_from(["", *NAMES])),
            )
            for name in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
        ]
        away |= {(place, one.name) for one in contacts if draw(st.booleans())}
        channels = draw(st.sampled_from([(), ("mail",), ("mail", "chat"), ("chat", "group")]))
        units[place] = Unit(place, place, parent, contacts=tuple(contacts), channels=channels)
    return units, frozenset(away)


def persons(found: list[Recipient]) -> set[str]:
    return {one.address.removesuffix("@x.cn") for one in found if one.channel != "group"}


@given(offices(), st.sampled_from(Role))
@settings(deadline=None, max_examples=400)
def test_no_rung_is_lost_and_nobody_on_leave_is_told(
    office: tuple[dict[str, Unit], Away], role: Role
) -> None:
    units, away = office
    directory = Directory(units, CHANNELS, away)
    found = directory.recipients("a", role)
    addresses = [(one.channel, one.address) for one in found]
    assert len(addresses) == len(set(addresses))
    assert not persons(found) & {place + name for place, name in away}
    there = {
        (place, contact.role)
        for place, unit in units.items()
        for contact in unit.contacts
        if (place, contact.name) not in away and directory.reaches(unit, contact)
    }
    if role in (Role.HEAD, Role.LEADER) and not units["a"].escalates:
        assert found == []
    elif any(place != "a" or _at_least(one, role) for place, one in there):
        assert found  # somebody is there who could hear


@given(offices())
@settings(deadline=None, max_examples=200)
def test_without_roles_and_leave_everybody_of_the_unit_is_told(
    office: tuple[dict[str, Unit], Away],
) -> None:
    units = {
        id_: replace(unit, contacts=tuple(replace(one, role=Role.HANDLER) for one in unit.contacts))
        for id_, unit in office[0].items()
    }
    directory = Directory(units, CHANNELS)
    found = directory.recipients("a", Role.HANDLER)
    own = directory.everybody(units["a"])
    assert not own or found == own
    assert directory.recipients("a", Role.HEAD) == []
    assert not any(one.asked for one in found)


def _at_least(role: Role, asked: Role) -> bool:
    """Is a role of the unit asked, or one of those after it?"""
    if asked is Role.SUPERIOR:
        return False
    return PEOPLE_ROLES.index(role) >= PEOPLE_ROLES.index(asked)


def test_a_substitute_of_the_unit_above_is_reached_on_its_own_channels() -> None:
    above = Unit("b", "办公室", contacts=(Contact("乙", account="yi"),), channels=("chat",))
    away = Contact("甲", mail="jia@x.cn", substitute="乙")
    unit = Unit("a", "财政局", "b", contacts=(away,), channels=("mail",))
    directory = Directory({"a": unit, "b": above}, CHANNELS, frozenset({("a", "甲")}))
    assert directory.recipients("a", Role.HANDLER) == [
        Recipient("chat", "yi", "yi", asked="乙（代甲）")
    ]


def test_a_chain_of_substitutes_ends_with_who_is_there() -> None:
    people = [
        Contact("甲", mail="1@x.cn", substitute="乙"),
        Contact("乙", mail="2@x.cn", substitute="丙"),
        Contact("丙", mail="", substitute="丁"),  # there, but nothing reaches him
        Contact("丁", mail="4@x.cn", role=Role.HEAD),
    ]
    unit = Unit("a", "财政局", contacts=tuple(people), channels=("mail",))
    directory = Directory({"a": unit}, CHANNELS, frozenset({("a", "甲"), ("a", "乙")}))
    assert directory.recipients("a", Role.HANDLER) == [
        Recipient("mail", "4@x.cn", "4@x.cn", asked="丁（代甲、乙）")
    ]
