"""The shape of the configuration file, and one Chinese sentence for whatever is wrong in it."""

import re
import tomllib
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from api.errors import BadConfig
from api.faults import fault_in_words
from api.schemas import HIDDEN
from engine.events import ALL_UNITS
from engine.notices import CN, is_scope
from engine.units import ROLE_NAMES, Role
from engine.workdays import FIRST_DAY, LAST_DAY
from notifiers.wecom_sign_in import CLIENT_PAGE, SCAN_PAGE
from rules.toml_faults import toml_fault

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]
_Words = Annotated[str, Field(min_length=1, max_length=500)]
_Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_Days = Annotated[int, Field(ge=0, le=250)]
_Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]


def _visible(name: str) -> str:
    if re.search(f"[{HIDDEN}]", name):
        raise ValueError("含有换行、控制字符或改变书写方向的符号，请删去")
    return name


# It stands uncut in every message.
_Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_visible)]


def _not_all(id_: str) -> str:
    if id_ == ALL_UNITS:  # in an event it means every unit
        raise ValueError(f"“{ALL_UNITS}”表示全部单位，不能作单位编号")
    return id_


def _scope(code: str) -> str:
    if not is_scope(code):
        raise ValueError(f"“{code}”应是六位行政区划代码，例如 510800，或 {CN}")
    return code


def _role(name: str) -> str:
    if name not in ROLE_NAMES.values():
        raise ValueError(f"没有角色“{name}”，可用：{'、'.join(ROLE_NAMES.values())}")
    return name


_Region = Annotated[str, AfterValidator(_scope)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


TOKEN_VARIABLE = "QIXIAN_TOKEN"  # of versions that had one token for everybody
TOKEN_GONE = (
    "{} 已不再使用，请去掉它；接口令牌用 qixian token add 名称 --scope admin 建立，"
    "登录的帐户用 qixian account add 登录名 --role administrator 建立"
)


CLOSED, OPEN = "closed", "open"  # who may read /metrics: an administrator, or everybody


def _metrics(value: str | list[str]) -> str | list[str]:
    if isinstance(value, str):
        if value not in (CLOSED, OPEN):
            raise ValueError(f'应是 "{CLOSED}"、"{OPEN}"，或者网段的列表，例如 ["10.0.0.5/32"]')
        return value
    for text in value:
        try:
            ip_network(text)
        except ValueError:
            raise ValueError(f"“{text}”不是网段，应写作 10.0.0.5/32、10.0.0.0/8 之类") from None
    return value


class Server(_Table):
    """[server]: where the daemon listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    metrics: Annotated[str | list[str], AfterValidator(_metrics)] = CLOSED

    @model_validator(mode="before")
    @classmethod
    def _no_token(cls, table: Any) -> Any:
        if isinstance(table, dict) and "token" in table:
            raise ValueError(TOKEN_GONE.format("token"))
        return table


class OidcTable(_Table):
    """[oidc]: the service that vouches for people who sign in."""

    issuer: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)
    claim: str = Field(default="preferred_username", min_length=1)
    allow_http: bool = False


class WecomSignInTable(_Table):
    """[wecom_sign_in]: people sign in by the WeCom application of a channel."""

    channel: str = Field(min_length=1)
    scan_page: str = SCAN_PAGE
    client_page: str = CLIENT_PAGE
    allow_http: bool = False


class Database(_Table):
    """[database]"""

    url: str = "sqlite:///qixian.db"


class RuleFiles(_Table):
    """[rules]: catalogue files beside the bundled ones."""

    files: list[str] = []


class Reminders(_Table):
    """[reminders]"""

    begin: _Clock = "09:00"
    end: _Clock = "18:00"
    horizon_days: int = Field(default=400, ge=31, le=3660)
    ladder: str = "default"
    spread: bool = True


class CalendarTable(_Table):
    """[calendar]: the office's region, and the folder from which notices are taken."""

    region: _Region = CN
    folder: str = ""


class LadderTable(_Table):
    """[[ladder]]"""

    id: _Id
    before: list[_Days] = [5, 3, 1, 0]
    every: _Days = 1
    head: list[_Days] = [1]
    leader: list[_Days] = [3]
    superior: list[Annotated[int, Field(ge=1, le=250)]] = [1, 3]
    hours: list[Annotated[int, Field(ge=1, le=250)]] = [1]


class ChannelTable(BaseModel):
    """[[channel]]: what all kinds share; the other keys belong to the kind and are checked there."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    id: _Id
    kind: str
    unknown: Literal["resend", "never"] = "resend"
    fallback: str = ""
    fallback_after: int = Field(
        default=30, ge=5, le=10_080
    )  # minutes; a morning is spread over four


class _PersonTable(_Table):
    """A person's name and addresses."""

    name: _Name
    mobile: str = Field(default="", pattern=r"^(\+?[0-9]{5,20})?$")
    mail: str = Field(default="", pattern=r"^([^@\s<>,;]+@[^@\s<>,;]+)?$")
    account: str = Field(default="", pattern=r"^[!-{}~]*$", max_length=64)


class ContactTable(_PersonTable):
    """An entry of a unit's contacts."""

    role: Annotated[str, AfterValidator(_role)] = ROLE_NAMES[Role.HANDLER]
    substitute: str = Field(default="", max_length=60)


class AdministratorTable(_PersonTable):
    """[administrator]: who hears of what is wrong with Qixian itself, and over which channels."""

    name: _Name = "系统管理员"
    channels: list[str] = []


class WatchTable(_Table):
    """[watch]: after how many minutes a reminder is missed, and whom to tell that none is."""

    minutes: int = Field(default=10, ge=2, le=1440)
    heartbeat: str = ""
    allow: list[str] = []
    allow_http: bool = False


class SubscriptionsTable(_Table):
    """[subscriptions]: which intranets the systems that subscribe to events may lie in."""

    allow: list[str] = []
    allow_http: bool = False


class UnitTable(_Table):
    """[[unit]]"""

    id: Annotated[_Id, AfterValidator(_not_all)]
    name: _Name
    parent: str = ""
    aliases: list[_Words] = []
    contacts: list[ContactTable] = Field(default=[], max_length=20)
    channels: list[str] = []
    region: _Region | None = None


class DutyTable(_Table):
    """[[duty]]: `unit` is one id or a list of them."""

    rule: str
    unit: str | list[str]
    since: _Day = Field(alias="from")
    until: _Day | None = None
    ladder: str | None = None


class SeasonTable(_Table):
    """[[season]]: several of one name are its spans; `rule` and `unit` are one id or a list."""

    name: _Name
    since: _Day = Field(alias="from")
    until: _Day
    rule: str | list[str] = []
    unit: str | list[str] = []


class InterpretationTable(_Table):
    """[[interpretation]]"""

    rule: str
    reading: _Words
    decided_by: _Words
    decided_on: date
    reason: _Words


class Settings(_Table):
    """The whole file."""

    server: Server = Server()
    database: Database = Database()
    rules: RuleFiles = RuleFiles()
    reminders: Reminders = Reminders()
    calendar: CalendarTable = CalendarTable()
    administrator: AdministratorTable | None = None
    watch: WatchTable = WatchTable()
    oidc: OidcTable | None = None
    wecom_sign_in: WecomSignInTable | None = None
    subscriptions: SubscriptionsTable = SubscriptionsTable()
    ladder: list[LadderTable] = []
    channel: list[ChannelTable] = []
    unit: list[UnitTable] = []
    duty: list[DutyTable] = []
    season: list[SeasonTable] = []
    interpretation: list[InterpretationTable] = []


def read_settings(path: Path) -> Settings:
    """Raises BadConfig, which names the file, the table and the key."""
    try:
        # utf-8-sig: Windows Notepad puts a mark before the text, and it is no fault of the text.
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BadConfig(
            f"找不到配置文件 {path}，可用 qixian init 写一份，或从 config.example.toml 复制"
        ) from None
    except UnicodeDecodeError:
        raise BadConfig(f"配置文件 {path} 不是 UTF-8 编码，请另存为 UTF-8") from None
    except IsADirectoryError:
        raise BadConfig(f"配置文件 {path} 是目录，请给出其中的文件") from None
    except OSError as error:
        raise BadConfig(f"读不了配置文件 {path}（{error.strerror}），请检查权限") from None
    except (ValueError, RecursionError) as error:
        raise BadConfig(f"配置文件 {path} 不是正确的 TOML：{toml_fault(str(error))}") from None
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        raise BadConfig(f"配置文件 {path} 的{_fault(error.errors()[0])}") from None


def _fault(error: ErrorDetails) -> str:
    return f"{_place(error['loc'])}：{fault_in_words(error)}"


def _place(location: tuple[Any, ...]) -> str:
    """`('duty', 3, 'from')` is “[[duty]] 第4项的 from”."""
    words: list[str] = []
    for step in location:
        if isinstance(step, int):
            words.append(f"第{step + 1}项")
        elif not words:
            words.append(f" {step} ")
        elif step not in ("str", "list[str]"):  # pydantic's names for the branches of a union
            words.append(f"的 {step}")
    return "".join(words).rstrip()
