"""Small agencies, rules and obligations for tests: no configuration file, no bundled catalogue."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from engine.agency import Agency
from engine.due_dates import Due, on_day
from engine.duties import Duty
from engine.instants import parse_event
from engine.obligations import Obligation, due_columns
from engine.readings import Interpretation
from engine.units import Contact, Unit
from engine.workdays import WorkCalendar, work_calendar
from notifiers.channel import Addressing, Notifier, Window
from notifiers.message import Markup, Message, Outcome, OutcomeKind
from rules.catalogue_files import Catalogue
from rules.rule import Document, Example, Rule
from rules.terms import Term
from tests.databases import CHOSEN

CALENDAR = work_calendar()
DOCUMENT = Document(
    "paper-1", "政务公开工作要点", number="国办发〔2026〕1号", issuer="国务院办公厅"
)


def calendar_through(year: int) -> WorkCalendar:
    """The calendar as it was known when this year's notice was the last one."""
    return work_calendar(known_on=date(year, 10, 1))


def day(text: str) -> date:
    """`2026-03-02`."""
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """`2026-03-02T09:00` in Asia/Shanghai, or with an offset; in UTC."""
    moment = parse_event(text)
    assert isinstance(moment, datetime)
    return moment


def build_rule(
    id: str = "paper-1-01",
    kind: str = "periodic",
    value: str = "P1M",
    *,
    trigger: str = "",
    quote: str = "按月公开财政收支情况",
    hard: bool | None = None,
    document: Document = DOCUMENT,
) -> Rule:
    """A rule of one term; `hard` is what the term says unless given."""
    term = Term.parse(kind, value)
    return Rule(
        id=id,
        document=document,
        quote=quote,
        term=term,
        trigger=trigger,
        holders=(),
        place="",
        example=Example(waits=True),
        hard=term.hard if hard is None else hard,
    )


def build_unit(
    id: str = "finance",
    name: str = "市财政局",
    *,
    parent: str = "",
    channels: tuple[str, ...] = ("box",),
    people: tuple[str, ...] = (),
) -> Unit:
    """A unit with one channel, and contacts of these names."""
    contacts = tuple(Contact(person) for person in people)
    return Unit(id, name, parent=parent, contacts=contacts, channels=channels)


def build_duty(
    rule: str = "paper-1-01",
    unit: str = "finance",
    since: str = "2026-01-01",
    until: str | None = None,
) -> Duty:
    """A duty with the default ladder."""
    return Duty(rule, unit, day(since), day(until) if until else None)


def build_interpretation(rule: str, reading: str) -> Interpretation:
    """A reading that the office decided on."""
    return Interpretation(rule, reading, "市政府办公室", day("2026-01-05"), "便于执行")


@dataclass
class Box:
    """A channel that keeps what it is given, and accepts it."""

    kind: str = "box"
    markup: Markup = Markup.TEXT
    limit: int = 65_536
    credential: str = "box"
    addressing: Addressing = Addressing.UNIT
    duplicate_safe: bool = False
    windows: tuple[Window, ...] = ()
    users: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.messages: list[Message] = []

    def written(self, message: Message, _now: datetime) -> tuple[bytes, ...]:
        """The text."""
        return (message.body.encode(),)

    async def send(self, message: Message, _now: datetime) -> Outcome:
        """Accepted."""
        self.messages.append(message)
        return Outcome(OutcomeKind.ACCEPTED)


def build_agency(
    rules: Iterable[Rule],
    duties: Iterable[Duty] | None = None,
    *,
    units: Iterable[Unit] = (),
    readings: dict[str, str] | None = None,
    channels: dict[str, Notifier] | None = None,
    horizon_days: int = 400,
    public_url: str = "",
) -> Agency:
    """An agency of these rules; without `duties`, the finance bureau owes each of them."""
    rules = list(rules)
    chosen = [build_duty(rule.id) for rule in rules] if duties is None else list(duties)
    return Agency(
        catalogue=Catalogue(
            {rule.document.id: rule.document for rule in rules},
            {rule.id: rule for rule in rules},
            clauses={},
            dismissed=(),
        ),
        units={unit.id: unit for unit in (list(units) or [build_unit()])},
        duties={duty.key: duty for duty in chosen},
        interpretations={
            rule: build_interpretation(rule, reading) for rule, reading in (readings or {}).items()
        },
        channels={"box": Box()} if channels is None else channels,
        horizon_days=horizon_days,
        public_url=public_url,
    )


@contextmanager
def memory() -> Iterator[Engine]:
    """An empty database with all tables: in memory, unless the test runs on both."""
    with CHOSEN.get()() as db:
        yield db


def build_obligation(
    due_on: str = "2026-10-12",
    *,
    rule: str = "paper-1-01",
    unit: str = "finance",
    period: str = "2026-10",
    due_at: datetime | None = None,
    due: Due | None = None,
    id: int = 1,
    event_id: int | None = None,
) -> Obligation:
    """An open obligation that is in no database."""
    computed = due or on_day(day(due_on), CALENDAR)
    columns = due_columns(computed)
    if due_at:
        columns |= {"due_at": due_at}
    return Obligation(
        id=id,
        rule=rule,
        unit=unit,
        occurrence=period,
        period=period,
        event_id=event_id,
        document=DOCUMENT.id,
        reading="每月一次，每月的最后一日前（默认口径）",
        opens_on=computed.due_on - timedelta(days=30),
        **columns,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
