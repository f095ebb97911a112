"""Accounts and tokens over HTTP and on the command line: requests, and JSON objects."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.schemas import Name
from engine.accounts import Account, Role
from engine.api_tokens import ApiToken, Scope
from engine.instants import local_day, local_iso

_Password = Annotated[SecretStr, Field(max_length=200)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAccount(_Request):
    """Body of `POST accounts`."""

    name: Annotated[Name, Field(description="登录名")]
    shown_name: Annotated[Name | None, Field(description="姓名，不写即登录名")] = None
    role: Role
    unit: Annotated[Name | None, Field(description="单位编号：看到它和下级；不写为全部")] = None
    password: Annotated[_Password, Field(description="初始密码，请本人登录后修改")]
    wecom_user: Annotated[
        Name | None, Field(description="企业微信账号（userid），可用它登录；不写为不绑定")
    ] = None


class AccountChange(_Request):
    """Body of `POST accounts/{name}`: what is not given stays; null of `unit` is all units, null of
    `wecom_user` binds none."""

    shown_name: Name | None = None
    role: Role | None = None
    unit: Name | None = None
    wecom_user: Name | None = None


class NewPassword(_Request):
    """Body of `POST accounts/{name}/password`."""

    password: _Password


class NewToken(_Request):
    """Body of `POST tokens`."""

    name: Annotated[Name, Field(description="名称，例如接入的系统")]
    scope: Scope
    unit: Annotated[Name | None, Field(description="单位编号：看到它和下级；不写为全部")] = None
    expires: Annotated[str | None, Field(description="有效期的最后一日，默认一年")] = None


def account_row(account: Account, now: datetime) -> dict[str, Any]:
    """An account, without its password."""
    locked = account.locked_until if account.locked(now) else None
    return {
        "name": account.name,
        "shown_name": account.shown_name,
        "role": account.role.value,
        "unit": account.unit or None,
        "wecom_user": account.wecom_user,
        "disabled": account.disabled,
        "locked_until": local_iso(locked),
        "password_changed_at": local_iso(account.password_changed_at),
        "signed_in_at": local_iso(account.signed_in_at),
    }


def token_row(token: ApiToken) -> dict[str, Any]:
    """An API token, without its text."""
    return {
        "name": token.name,
        "scope": token.scope.value,
        "unit": token.unit or None,
        "created_at": local_iso(token.created_at),
        "created_by": token.created_by,
        "expires": local_day(token.expires_at - timedelta(days=1)).isoformat(),
        "revoked_at": local_iso(token.revoked_at),
        "last_used_at": local_iso(token.last_used_at),
    }
