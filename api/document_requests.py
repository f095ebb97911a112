"""Texts and proposals over HTTP: what is asked of them; their JSON objects are `document_rows`."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas import Asked, By, Line, Name, Text


class NewText(Asked):
    """Body of `POST documents`: `text`, or the file itself in `content` (base64)."""

    name: Annotated[Name, Field(description="文件名，其后缀说明格式")]
    text: str | None = None
    content: str | None = None
    id: Name | None = None
    title: Annotated[Line, Field(min_length=1, max_length=300)] | None = None
    year: int | None = Field(default=None, ge=1949, le=2999)
    since: str | None = Field(default=None, alias="from")
    by: By = None
    apply: bool = False


class ProposalFilter(Asked):
    """Query of `GET proposals`; `cursor` is an id."""

    document: str | None = None
    decision: Literal["open", "accepted", "dismissed", "superseded"] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: int = Field(default=0, ge=0, le=2**63 - 1)


class PhrasePage(Asked):
    """Query of `GET documents/{id}/phrases`; `cursor` is where the page before ended in the text."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: int = Field(default=-1, ge=-1, le=2**63 - 1)


class Acceptance(Asked):
    """Body of `POST proposals/{id}/accept`."""

    by: By = None
    dry_run: bool = False


class Dismissal(Asked):
    """Body of `POST proposals/{id}/dismiss`."""

    by: By = None
    reason: Annotated[Text, Field(min_length=1)]


class Edit(Asked):
    """Body of `POST proposals/{id}/edit`: keys of a rule in a catalogue file; null takes one out."""

    by: By = None
    quote: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    kind: str | None = None
    value: str | None = None
    trigger: Text | None = None
    holders: list[Name] | None = None
    place: Text | None = None
    hard: bool | None = None
    note: Text | None = None
    anchor: str | None = None
    share: str | None = None
    holder_kind: str | None = None
    exception: Text | None = None
    softened: Text | None = None
    starts_after: str | None = None
    same_as: list[str] | None = None
    refers_to: list[str] | None = None
    since: str | None = Field(default=None, alias="from")
    until: str | None = None
