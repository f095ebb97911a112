"""点击 Click: a button of a card that somebody pressed in the work chat.

It is stored before the work chat is answered and handled afterwards, so that none is lost and one
that is sent again changes nothing. Handling has two steps, each repeated until it is done: the
acknowledgement, in one transaction with `words`, which say what came of it; then the card, which
is told `words` and stops being a button. An answer by mail is kept here as well, finished
(`engine.replies`).
"""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.acknowledgements import Via
from engine.agency import Agency
from engine.database import Instant
from engine.deliveries import Delivery
from engine.signing import Told, matters_of, sign, signatories
from engine.workdays import WorkCalendar
from notifiers.message import Outcome, OutcomeKind

MOST_TRIES = 5
CODE_LASTS = timedelta(hours=72)  # how long a card can be changed after the click


class Click(SQLModel, table=True):
    """点击. `key` is unique: the same click again is the same row. Where `words` stay empty the
    person was not one of those whom the message reached, and the card is left as it is."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    channel: str
    account: str  # whose click it was, by his id in the work chat
    message_id: str  # of the delivery that was the card
    response_code: str = Field(repr=False)
    received_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    handled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    words: str = ""
    tries: int = 0  # to change the card
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant, index=True))


def store(session: Session, click: Click) -> bool:
    """Keep a click, in a writing transaction; says whether it is new."""
    try:
        with session.begin_nested():
            session.add(click)
    except IntegrityError:  # the unique key
        return False
    return True


def take(
    session: Session, agency: Agency, calendar: WorkCalendar, click: Click, now: datetime
) -> Click | None:
    """Store and handle a click whose card can be changed at once or never, in a writing transaction;
    None where it was there already."""
    if not store(session, click):
        return None
    assert click.id is not None
    click = handle(session, agency, calendar, click.id, now)
    click.finished_at = now
    return click


def unfinished(session: Session) -> list[Click]:
    """Clicks that are still to be handled, or whose card is still to be changed, oldest first."""
    query = select(Click).where(col(Click.finished_at).is_(None)).order_by(col(Click.id))
    return list(session.exec(query).all())


def handle(
    session: Session, agency: Agency, calendar: WorkCalendar, click_id: int, now: datetime
) -> Click:
    """The acknowledgement that a click asks for, in a writing transaction; once."""
    click = session.get_one(Click, click_id, with_for_update=True)
    if click.handled_at is None:
        click.words = _acknowledged(session, agency, calendar, click, now)
        click.handled_at = now
        if not click.words:
            click.finished_at = now
    return click


def _acknowledged(
    session: Session, agency: Agency, calendar: WorkCalendar, click: Click, now: datetime
) -> str:
    """What the card is to say; empty for a person whom the message did not reach."""
    query = select(Delivery).where(
        Delivery.message_id == click.message_id, Delivery.channel == click.channel
    )
    delivery = session.exec(query).first()
    if delivery is None:
        return ""
    told = matters_of(session, delivery)
    person = next(
        (
            one
            for one in signatories(agency, delivery, told)
            if one.account.casefold() == click.account.casefold()
        ),
        None,
    )
    if person is None:
        return ""
    # The card shows the date as it was: of a moved one there is another message.
    current = [one for one in told if one.due_version == one.obligation.version]
    signed = sign(session, agency, calendar, current, by=person.name, via=Via.WECOM, now=now)
    names = dict.fromkeys(one.acknowledgement.by for one in signed if one.acknowledgement)
    return f"✓ {'、'.join(names)}已签收" if names else why_not(told)


def why_not(told: list[Told]) -> str:
    """Why none of some matters needs to be acknowledged."""
    if not any(one.ours for one in told):
        return "督办事项由承办单位签收"
    moved = any(one.due_version != one.obligation.version for one in told)
    return "日期已变，见新消息" if moved else "事项已办结"


def record_change(session: Session, click_id: int, outcome: Outcome, now: datetime) -> None:
    """What became of the attempt to change the card; tried again a few times, within three days."""
    click = session.get_one(Click, click_id, with_for_update=True)
    click.tries += 1
    again = outcome.kind in (OutcomeKind.RETRY, OutcomeKind.UNKNOWN)
    if not again or click.tries >= MOST_TRIES or now > click.received_at + CODE_LASTS:
        click.finished_at = now
