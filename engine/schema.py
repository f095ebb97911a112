"""The schema: all tables together, brought up to date by alembic, and checked before work."""

from functools import cache
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlmodel import SQLModel

from engine import (
    absences,
    access_log,
    accounts,
    acknowledgements,
    addresses,
    alerts,
    api_tokens,
    channels,
    clicks,
    clock_entries,
    deliveries,
    duty_entries,
    events,
    feeds,
    imported_notices,
    interpretations,
    invitations,
    journal,
    kept_answers,
    leases,
    ledger,
    line_states,
    loaded_texts,
    news,
    obligations,
    proposals,
    server_secret,
    silences,
    slots,
    subscriptions,
    unit_entries,
    watermarks,
    web_sessions,
)
from engine.database import be_alone
from engine.errors import BadDatabase
from engine.postgres import is_postgres

TABLES = (
    absences.Absence,
    addresses.AddressState,
    acknowledgements.Acknowledgement,
    access_log.AccessEntry,
    accounts.Account,
    alerts.Alert,
    api_tokens.ApiToken,
    channels.ChannelState,
    clicks.Click,
    clock_entries.ClockEntry,
    deliveries.Attempt,
    deliveries.Delivery,
    duty_entries.DutyEntry,
    events.Event,
    feeds.Feed,
    imported_notices.ImportedNotice,
    interpretations.StoredInterpretation,
    invitations.Invitation,
    journal.JournalEntry,
    kept_answers.KeptAnswer,
    leases.Lease,
    ledger.ChainHead,
    ledger.LedgerEntry,
    line_states.LineState,
    loaded_texts.LoadedText,
    news.News,
    obligations.Obligation,
    proposals.Proposal,
    server_secret.Secret,
    silences.Silence,
    slots.Slot,
    subscriptions.Subscription,
    unit_entries.UnitEntry,
    watermarks.Watermark,
    web_sessions.WebSession,
)


def migrate(db: Engine) -> tuple[str | None, str]:
    """Bring the schema up to date; its revision before and after. Raises BadDatabase."""
    head, before = _head(), revision(db)
    if before is not None and before not in _known():
        raise BadDatabase(f"数据库版本{before}比本程序新，请升级程序后再用")
    config = _config()
    with db.begin() as connection:
        be_alone(connection)  # two machines that are upgraded at the same time
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if is_postgres(db):
            _doorbell().hang(connection)
    return before, head


def revision(db: Engine) -> str | None:
    """The schema's revision; None for an empty database, or one that is not there yet."""
    file = Path(":memory:" if is_postgres(db) else db.url.database or ":memory:")
    if file.name != ":memory:" and file.parent.is_dir() and not file.exists():
        return None  # asking must not leave an empty file behind
    with db.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(db: Engine) -> None:
    """Raises BadDatabase unless the schema is this version's."""
    found = revision(db)
    if found != _head():
        state = "还没有建表" if found is None else f"版本是{found}，程序需要{_head()}"
        raise BadDatabase(f"数据库{state}，请先运行 qixian migrate")
    if is_postgres(db):
        with db.connect() as connection:
            if not _doorbell().is_hung(connection):
                raise BadDatabase("数据库缺少任务队列的表，或版本不同，请先运行 qixian migrate")


def create_in_memory(db: Engine) -> None:
    """All tables at once, for a database that lives only as long as the process."""
    SQLModel.metadata.create_all(db)


def _doorbell() -> ModuleType:
    from engine import doorbell  # the library is there only with the extra `postgres`

    return doorbell


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@cache
def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
