"""From the configuration file to a checked Agency, ready to work."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any, TypeVar

from api.errors import BadConfig
from api.secret_files import secret_in_file
from api.settings_file import (
    AdministratorTable,
    ChannelTable,
    ContactTable,
    DutyTable,
    OidcTable,
    SeasonTable,
    Server,
    Settings,
    SubscriptionsTable,
    UnitTable,
    WatchTable,
    read_settings,
)
from engine.agency import Agency
from engine.courier import PUBLIC, Reach
from engine.current_agency import Decided, decided
from engine.database import open_database, reading
from engine.duties import Duty
from engine.errors import EngineError
from engine.interpretations import beside
from engine.ladder import Ladder, OfficeHours
from engine.notices import CN
from engine.policies import Policy
from engine.readings import Interpretation
from engine.schema import check, revision
from engine.seasons import Season
from engine.units import ROLE_NAMES, Contact, Unit
from notifiers.channel import Notifier
from notifiers.errors import NotifierError
from notifiers.heartbeat import Heartbeat
from notifiers.http_client import open_client
from notifiers.oidc import OidcProvider
from notifiers.registry import build
from notifiers.wecom_application import WecomApplication
from notifiers.wecom_sign_in import WecomSignIn
from rules.catalogue_files import (
    CatalogueFile,
    catalogue_of,
    read_catalogue_files,
)
from rules.errors import RulesError


@dataclass(frozen=True)
class Configuration:
    """What the process runs on. `files` are those under the agency's catalogue."""

    agency: Agency
    files: tuple[CatalogueFile, ...]
    server: Server
    database_url: str
    region: str = CN  # the office's own, whose calendar the daemon works by
    notice_folder: Path | None = None
    missed_after: timedelta = timedelta(minutes=10)
    heartbeat: Heartbeat | None = None
    oidc: OidcProvider | None = None
    reach: Reach = PUBLIC
    wecom_sign_in: WecomSignIn | None = None


def load_configuration(
    path: Path, beside_it: Callable[[str, tuple[CatalogueFile, ...]], Decided] | None = None
) -> Configuration:
    """The configuration of a file. `beside_it` gives what was decided in the database of an address.

    Raises BadConfig: one sentence that names the file, the place and the way out; and what
    `beside_it` raises.
    """
    settings = read_settings(path)
    with _named_by(path):
        oidc = _oidc(settings.oidc, path.parent)
        url = _database_url(settings, path.parent)
        files = read_catalogue_files([path.parent / name for name in settings.rules.files])
    found = beside_it(url, files) if beside_it else Decided()
    with _named_by(path):
        agency = found.registered.on(_agency(settings, files, found, path))
        heartbeat = _heartbeat(settings.watch, path.parent)
        reach = _reach(settings.subscriptions)
        wecom_sign_in = _wecom_sign_in(settings, agency.channels)
    folder = path.parent.resolve() / settings.calendar.folder
    return Configuration(
        agency,
        files,
        settings.server,
        url,
        settings.calendar.region,
        folder if settings.calendar.folder else None,
        timedelta(minutes=settings.watch.minutes),
        heartbeat,
        oidc,
        reach,
        wecom_sign_in,
    )


def decided_in(url: str, files: tuple[CatalogueFile, ...]) -> Decided:
    """What was decided in a database; nothing where there is none yet. Raises BadDatabase."""
    db = open_database(url)
    try:
        if revision(db) is None:
            return Decided()
        check(db)
        with reading(db) as session:
            return decided(session, files)
    finally:
        db.dispose()


@dataclass(frozen=True)
class CalendarSettings:
    """What the working calendar needs of a configuration."""

    region: str
    database_url: str


def load_calendar_settings(path: Path) -> CalendarSettings:
    """Only these: a count of days asks for no channel's secrets. Raises BadConfig."""
    settings = read_settings(path)
    with _named_by(path):
        return CalendarSettings(settings.calendar.region, _database_url(settings, path.parent))


@contextmanager
def _named_by(path: Path) -> Iterator[None]:
    try:
        yield
    except (BadConfig, EngineError, NotifierError, RulesError) as error:
        raise BadConfig(f"配置文件 {path}：{error}") from None


def _agency(
    settings: Settings, files: tuple[CatalogueFile, ...], found: Decided, path: Path
) -> Agency:
    """`path` is the configuration file's."""
    catalogue = catalogue_of(files, found.adopted)
    ladders = {"default": Ladder()} | {
        table.id: Ladder(
            table.id,
            tuple(table.before),
            table.every,
            head=tuple(table.head),
            leader=tuple(table.leader),
            superior=tuple(table.superior),
            hours=tuple(table.hours),
        )
        for table in settings.ladder
    }
    _once("[[ladder]]", (table.id for table in settings.ladder))
    reminders = settings.reminders
    hours = OfficeHours(time.fromisoformat(reminders.begin), time.fromisoformat(reminders.end))
    if hours.begin >= hours.end:
        raise BadConfig("[reminders] 的 begin 应早于 end")
    default = _named(ladders, reminders.ladder, "[reminders] 的 ladder")
    duties = [duty for table in settings.duty for duty in _duties(table, ladders, default)]
    _once("[[duty]]", (duty.key for duty in duties))
    _once("[[interpretation]]", (table.rule for table in settings.interpretation))
    configured = {
        table.rule: Interpretation(**table.model_dump(), file=path.name)
        for table in settings.interpretation
    }
    return Agency(
        catalogue=catalogue,
        channels=_channels(settings.channel, path.parent),
        policies={table.id: _policy(table) for table in settings.channel},
        units=_units(settings.unit, settings.calendar.region),
        administrator=_administrator(settings.administrator),
        duties={duty.key: duty for duty in duties},
        interpretations=beside(configured, catalogue.rules, found.interpretations),
        seasons=tuple(_season(table) for table in settings.season),
        ladder=default,
        named_ladders=ladders,
        region=settings.calendar.region,
        hours=hours,
        horizon_days=reminders.horizon_days,
        public_url=settings.server.public_url,
        spread=reminders.spread,
    )


def _channels(tables: Iterable[ChannelTable], folder: Path) -> dict[str, Notifier]:
    tables = list(tables)
    _once("[[channel]]", (table.id for table in tables))
    client = open_client()
    channels = {}
    for table in tables:
        options = {
            key: _secret(value, f"渠道 {table.id}", key, folder)
            for key, value in (table.model_extra or {}).items()
        }
        try:
            channels[table.id] = build(table.kind, options, client)
        except NotifierError as error:
            raise BadConfig(f"渠道 {table.id}：{error}") from None
    return channels


def _policy(table: ChannelTable) -> Policy:
    after = timedelta(minutes=table.fallback_after)
    return Policy(table.unknown == "resend", table.fallback, after)


def _units(tables: Iterable[UnitTable], region: str) -> dict[str, Unit]:
    tables = list(tables)
    _once("[[unit]]", (table.id for table in tables))
    _once("[[unit]] 的名称或别名", (n for t in tables for n in dict.fromkeys((t.name, *t.aliases))))
    return {table.id: unit_of(table, region) for table in tables}


def unit_of(table: UnitTable, region: str = "") -> Unit:
    """The unit of a [[unit]]; `region` is that of one that names none."""
    return Unit(
        id=table.id,
        name=table.name,
        parent=table.parent,
        aliases=tuple(table.aliases),
        contacts=tuple(map(_contact, table.contacts)),
        channels=tuple(table.channels),
        region=table.region or region,
    )


def _contact(table: ContactTable) -> Contact:
    role = next(role for role, name in ROLE_NAMES.items() if name == table.role)
    return Contact(**table.model_dump(exclude={"role"}), role=role)


def _administrator(table: AdministratorTable | None) -> Unit | None:
    if table is None:
        return None
    contact = Contact(**table.model_dump(exclude={"channels"}))
    return Unit("administrator", table.name, contacts=(contact,), channels=tuple(table.channels))


def _heartbeat(table: WatchTable, folder: Path) -> Heartbeat | None:
    if not table.heartbeat:
        return None
    address = _secret(table.heartbeat, "[watch]", "heartbeat", folder)
    return Heartbeat.at(address, table.allow, table.allow_http)


def _oidc(table: OidcTable | None, folder: Path) -> OidcProvider | None:
    if table is None:
        return None
    given = table.model_dump()
    values = {key: _secret(value, "oidc", key, folder) for key, value in given.items()}
    try:
        return OidcProvider(**values)
    except ValueError as error:
        raise BadConfig(f"[oidc] 的 issuer {error}") from None


def _wecom_sign_in(settings: Settings, channels: Mapping[str, Notifier]) -> WecomSignIn | None:
    table = settings.wecom_sign_in
    if table is None:
        return None
    place = "[wecom_sign_in] 的 channel：wecom_application 渠道"
    applications = {k: one for k, one in channels.items() if isinstance(one, WecomApplication)}
    if not applications:
        raise BadConfig(f"{place}“{table.channel}”不存在，请先写这个 [[channel]]")
    application = _named(applications, table.channel, place)
    if not settings.server.public_url:
        raise BadConfig(
            "[wecom_sign_in] 还需要 [server] 的 public_url：登录后企业微信送人回到这个网址"
        )
    try:
        return WecomSignIn(application, **table.model_dump())
    except ValueError as error:
        raise BadConfig(f"[wecom_sign_in] 的 {error}") from None


def _reach(table: SubscriptionsTable) -> Reach:
    try:
        return Reach.to(table.allow, table.allow_http)
    except ValueError as error:
        raise BadConfig(f"[subscriptions] 的 allow {error}") from None


def _duties(table: DutyTable, ladders: Mapping[str, Ladder], default: Ladder) -> list[Duty]:
    if table.until and table.until < table.since:
        raise BadConfig(f"[[duty]] 规则 {table.rule} 的 until 早于 from")
    ladder = default
    if table.ladder is not None:
        ladder = _named(ladders, table.ladder, f"[[duty]] 规则 {table.rule} 的 ladder")
    units = _ids(table.unit)
    if not units:
        raise BadConfig(f"[[duty]] 规则 {table.rule} 没有写明单位")
    return [Duty(table.rule, unit, table.since, table.until, ladder) for unit in units]


def _season(table: SeasonTable) -> Season:
    if table.until < table.since:
        raise BadConfig(f"[[season]]“{table.name}”的 until 早于 from")
    return Season(table.name, table.since, table.until, _ids(table.rule), _ids(table.unit))


def _ids(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


_Value = TypeVar("_Value")


def _named(values: Mapping[str, _Value], name: str, place: str) -> _Value:
    if name not in values:
        raise BadConfig(f"{place}“{name}”不存在，可用：{'、'.join(values)}")
    return values[name]


def _once(place: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise BadConfig(f"{place} 中“{id_}”出现了两次")
        seen.add(id_)


def _secret(value: Any, place: str, key: str, folder: Path) -> Any:
    """A value written `env:NAME` comes from the environment, `file:NAME` from a file beside the
    configuration, so that the configuration holds no secrets."""
    if not isinstance(value, str):
        return value
    if value.startswith("file:"):
        return secret_in_file(folder / value.removeprefix("file:"), f"{place} 的 {key}")
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not os.environ.get(name):
        raise BadConfig(f"{place} 的 {key} 取自环境变量 {name}，但没有设置它")
    return os.environ[name]


def _database_url(settings: Settings, folder: Path) -> str:
    """A relative SQLite file lies beside the configuration, wherever the command is run from."""
    url = _secret(settings.database.url, "database", "url", folder)
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return f"{prefix}{folder.resolve() / url.removeprefix(prefix)}"
    return str(url)
