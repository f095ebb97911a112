"""机关 Agency: everything an office has configured, checked as a whole, as one frozen value."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from engine.duties import Duty, carried_on, within_days_of
from engine.errors import BadAgency
from engine.ladder import DEFAULT_HOURS, DEFAULT_LADDER, Ladder, OfficeHours
from engine.notices import CN
from engine.policies import DEFAULT_POLICY, Policy, check_policies, fallbacks
from engine.readings import Interpretation, Reading, reading_of, reading_on, season_of
from engine.recipients import NOBODY_AWAY, Away, Directory, Recipient
from engine.seasons import Season, check_apart
from engine.units import Contact, Role, Unit, lineage, match_holders, substitutes
from engine.workdays import FIRST_DAY, LAST_DAY, WorkCalendar
from notifiers.channel import Notifier
from rules.catalogue_files import Catalogue
from rules.links import later_wordings
from rules.rule import Rule
from rules.terms import Kind


@dataclass(frozen=True)
class Agency:
    """Units, duties, interpretations and channels over a catalogue of rules.

    `duties` are as configured; who asks what is owed asks `duties_in_force`. Raises BadAgency or BadInterpretation, in one sentence, when they do not fit together.
    """

    catalogue: Catalogue
    units: Mapping[str, Unit]
    duties: Mapping[str, Duty]
    interpretations: Mapping[str, Interpretation]
    channels: Mapping[str, Notifier]
    ladder: Ladder = DEFAULT_LADDER
    hours: OfficeHours = DEFAULT_HOURS
    horizon_days: int = 400
    public_url: str = ""
    seasons: tuple[Season, ...] = ()
    begun: Mapping[str, date] = field(default_factory=dict)  # chained rhythms, see engine.chains
    spread: bool = False  # the ordinary messages of a morning, over some minutes
    administrator: Unit | None = None  # who hears of what is wrong with the system itself
    policies: Mapping[str, Policy] = field(default_factory=dict)  # by channel
    region: str = CN  # of units that name none
    named_ladders: Mapping[str, Ladder] = field(default_factory=dict)  # all that are configured
    # The entry that counts, by the unit's id; the others are configured.
    registered_units: Mapping[str, int] = field(default_factory=dict)
    registered_duties: frozenset[str] = frozenset()  # keys
    readings: Mapping[str, Reading] = field(init=False)

    def __post_init__(self) -> None:
        self._check_units()
        check_policies(self.policies, self.channels)
        self._check_rules()
        readings = {
            rule.id: reading_of(
                rule,
                self.interpretations.get(rule.id),
                {season.name for season in self.seasons if season.of_rule(rule.id)},
            )
            for rule in self.rules
        }
        object.__setattr__(self, "readings", readings)
        self._check_seasons()

    @property
    def rules(self) -> Sequence[Rule]:
        """All rules, in the order of the catalogue."""
        return tuple(self.catalogue.rules.values())

    @cached_property
    def duties_in_force(self) -> dict[str, Duty]:
        """By key: the duties and those for later wordings, with the days on which they owe."""
        rules = self.catalogue.rules
        duties = carried_on(self.duties, rules)
        return {key: within_days_of(rules[duty.rule], duty) for key, duty in duties.items()}

    @cached_property
    def chained(self) -> dict[str, tuple[Duty, ...]]:
        """By key: duties that another's completion begins (`starts_after`), with the duties whose
        completion that is: the unit's own, else those of units that do not owe the later rule.

        Where no unit owes the first rule, and for a hearing or a date, nothing is chained.
        """
        duties = self.duties_in_force
        of_rule: defaultdict[str, list[Duty]] = defaultdict(list)
        for duty in duties.values():
            of_rule[duty.rule].append(duty)
        firsts = {rule: self._firsts(rule, of_rule) for rule in of_rule}
        found: dict[str, tuple[Duty, ...]] = {}
        for key, duty in duties.items():
            of_unit = firsts[duty.rule]
            begins = of_unit.get(duty.unit) or [
                one
                for unit, own in of_unit.items()
                if f"{duty.rule}@{unit}" not in duties
                for one in own
            ]
            if begins:
                found[key] = tuple(begins)
        return found

    def trigger_of(self, duty: Duty) -> str:
        """The event from which a duty counts: its rule's, or the completion that begins it."""
        rule = self.catalogue.rules[duty.rule]
        return f"办结 {rule.starts_after}" if duty.key in self.chained else rule.trigger

    def begins(self, duty: Duty) -> date | None:
        """The first day on which a rhythm or fixed date owes; None while it waits for the
        completion that begins it."""
        if duty.key not in self.chained:
            return duty.since
        begun = self.begun.get(duty.key)
        return max(duty.since, begun) if begun else None

    def seasons_of(self, duty: Duty) -> tuple[Season, ...]:
        """The seasons in which a duty counts, in order; empty where it counts all the year."""
        name = season_of(self.readings[duty.rule].term)
        found = (
            season
            for season in self.seasons
            if season.name == name and season.of_rule(duty.rule) and season.of_unit(duty.unit)
        )
        return tuple(sorted(found, key=lambda season: season.first)) if name else ()

    @cached_property
    def linked(self) -> dict[str, tuple[Duty, ...]]:
        """Of a duty that states the same as another of its unit (`same_as`): by its key all that
        are linked with it, directly or over others, in the order of the catalogue."""
        duties, order = self.duties_in_force, {rule.id: n for n, rule in enumerate(self.rules)}
        found: dict[str, tuple[Duty, ...]] = {}
        for key, duty in duties.items():
            if key in found or not self._neighbours(duty):
                continue
            group = [duty]
            for one in group:
                group += [other for other in self._neighbours(one) if other not in group]
            group.sort(key=lambda one: order[one.rule])
            found |= dict.fromkeys((one.key for one in group), tuple(group))
        return found

    def same_duties(self, id_: str, unit: str, day: date) -> list[Rule]:
        """The rules that state the same as this one and that the unit owes too on a day."""
        rules, duties = self.catalogue.rules, self.duties_in_force
        links = rules[id_].same_as if id_ in rules else ()
        owing = ((other, duties.get(f"{other}@{unit}")) for other in links)
        return [rules[other] for other, duty in owing if duty and duty.in_force(day)]

    @cached_property
    def matched(self) -> dict[str, str | None]:
        """Each holder that a rule names, with its unit's id; None where no unit answers to it."""
        holders = (holder for rule in self.rules for holder in rule.holders)
        return match_holders(holders, self.units.values())

    @cached_property
    def ladders(self) -> frozenset[Ladder]:
        """All ladders in use."""
        return frozenset({self.ladder, *(duty.ladder for duty in self.duties.values())})

    def calendar_of(self, unit: str, calendar: WorkCalendar) -> WorkCalendar:
        """The calendar of a unit's region, by the notices of the office's calendar."""
        found = self.units.get(unit)
        return calendar.in_region(found.region) if found else calendar

    def reading_on(self, id_: str, event: date | datetime, calendar: WorkCalendar) -> Reading:
        """How a rule is read for an event. Raises NoDate."""
        rules = self.catalogue.rules
        return reading_on(self.readings[id_], rules[id_], rules, event, calendar)

    def decided(self, rule: str) -> str:
        """Who settled how a rule is read, and when; else the paper itself."""
        found = self.interpretations.get(rule)
        return f"口径（{found.decided_by}，{found.decided_on}）" if found else "原文"

    def ladder_of(self, rule: str, unit: str) -> Ladder:
        """The duty's own ladder, else the office's."""
        duty = self.duties_in_force.get(f"{rule}@{unit}")
        return duty.ladder if duty else self.ladder

    def recipients(
        self, unit_id: str, role: Role = Role.HANDLER, away: Away = NOBODY_AWAY
    ) -> list[Recipient]:
        """Who is told of a unit's obligations on a rung for a role: the unit's own people, else
        those of the nearest unit above it that hears."""
        return self.directory(away).recipients(unit_id, role)

    def directory(self, away: Away = NOBODY_AWAY) -> Directory:
        """Who is reached where, while some are away."""
        return Directory(self.units, self.channels, away)

    def way(self, channel: str) -> tuple[str, ...]:
        """A channel, and those that take over from it, the nearest first."""
        return (channel, *fallbacks(self.policies, channel))

    def policy(self, channel: str) -> Policy:
        """What is done where a channel fails."""
        return self.policies.get(channel, DEFAULT_POLICY)

    def administrators(self) -> list[Recipient]:
        """Who is told what is wrong with the system; nobody where none is configured."""
        return self._everybody(self.administrator) if self.administrator else []

    def empty_channels(self, unit: Unit) -> list[str]:
        """Channels of a unit on which nobody is reached: mail, and no contact has an address."""
        reached = {recipient.channel for recipient in self._everybody(unit)}
        return [channel for channel in unit.channels if channel not in reached]

    def _check_units(self) -> None:
        for unit in self.units.values():
            if unit.parent and unit.parent not in self.units:
                raise BadAgency(f"单位 {unit.id} 的上级“{unit.parent}”不存在，请先写它的 [[unit]]")
            if lineage(unit.id, self.units)[-1].parent:
                raise BadAgency(f"单位 {unit.id} 的上级绕成了圈，请改正 parent")
        for unit in (*self.units.values(), *filter(None, [self.administrator])):
            for channel in unit.channels:
                if channel not in self.channels:
                    raise BadAgency(f"{unit.name}的渠道“{channel}”不存在，请先写它的 [[channel]]")
            for contact in filter(_has_substitute, unit.contacts):
                self._check_substitute(unit, contact)

    def _check_substitute(self, unit: Unit, contact: Contact) -> None:
        place, name = f"{unit.name}的联系人{contact.name}的代办人", contact.substitute
        if name == contact.name:
            raise BadAgency(f"{place}不能是本人，请写同单位或上级单位的另一位联系人")
        found = substitutes(unit, contact, self.units)
        if not found:
            raise BadAgency(f"{place}“{name}”不在本单位和上级单位的联系人中，请先写这位联系人")
        if len(found) > 1:
            raise BadAgency(f"{place}“{name}”有{len(found)}位同名联系人，请写成一位")

    def _check_rules(self) -> None:
        for duty in self.duties.values():
            if duty.unit not in self.units:
                raise BadAgency(f"[[duty]] 的单位“{duty.unit}”不存在，请先写它的 [[unit]]")
            if not FIRST_DAY <= duty.since <= LAST_DAY:
                raise BadAgency(
                    f"[[duty]] 规则 {duty.rule} 的起始日{duty.since}超出工作日历（{FIRST_DAY}至{LAST_DAY}）"
                )
        for table, rule in (
            *(("[[duty]]", duty.rule) for duty in self.duties.values()),
            *(("[[interpretation]]", rule) for rule in self.interpretations),
        ):
            if rule not in self.catalogue.rules:
                raise BadAgency(
                    f"{table} 的规则“{rule}”不存在，用 qixian rules 可查看全部规则；"
                    "要采用新文件的建议，请先去掉这一条，采用后再写"
                )

    def _check_seasons(self) -> None:
        check_apart(self.seasons)
        names = {rule.id: season_of(self.readings[rule.id].term) for rule in self.rules}
        for season in self.seasons:
            for unit in season.units:
                if unit not in self.units:
                    raise BadAgency(
                        f"[[season]]“{season.name}”的单位“{unit}”不存在，请先写它的 [[unit]]"
                    )
            for rule in season.rules or ("",):
                using = [id_ for id_, name in names.items() if name == season.name]
                if rule not in using and (rule or not using):
                    which = f"规则“{rule}”" if rule else "规则"
                    known = "、".join(sorted(set(_named_seasons(self)))) or "（没有）"
                    raise BadAgency(
                        f"[[season]]“{season.name}”没有{which}用到；规则和口径中的时段有：{known}"
                    )

    def _firsts(self, id_: str, of_rule: Mapping[str, list[Duty]]) -> dict[str, list[Duty]]:
        """By unit the duties whose completion begins a rule."""
        first, term = self.catalogue.rules[id_].starts_after, self.readings[id_].term
        if not first or term is None or term.kind in (Kind.BEFORE_EVENT, Kind.FIXED_DEADLINE):
            return {}
        found: defaultdict[str, list[Duty]] = defaultdict(list)
        for wording in later_wordings(self.catalogue.rules, first):
            for duty in of_rule.get(wording, ()):
                found[duty.unit].append(duty)
        return found

    def _neighbours(self, duty: Duty) -> list[Duty]:
        """The duties of the unit that are linked with one directly and do not wait."""
        links = self.catalogue.rules[duty.rule].same_as if self.readings[duty.rule].term else ()
        keys = [f"{other}@{duty.unit}" for other in links if self.readings[other].term]
        return [self.duties_in_force[key] for key in keys if key in self.duties_in_force]

    def _everybody(self, unit: Unit) -> list[Recipient]:
        return self.directory().everybody(unit)


def _named_seasons(agency: Agency) -> Iterator[str]:
    """The seasons that rules and readings name."""
    for rule in agency.rules:
        for term in (rule.term, agency.readings[rule.id].term):
            yield from (rhythm.season for rhythm in (term.rhythms if term else ()) if rhythm.season)


def _has_substitute(contact: Contact) -> bool:
    return bool(contact.substitute)
