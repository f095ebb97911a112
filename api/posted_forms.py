"""What a form of a page brought: its fields, and the file where it has one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from api.errors import BadInput
from api.faults import fault_in_words


@dataclass(frozen=True)
class Posted:
    """The fields, trimmed, and the name and bytes of the file."""

    fields: dict[str, str] = field(default_factory=dict)
    name: str = ""
    content: bytes = b""

    def get(self, key: str) -> str:
        """A field; empty where it is not there."""
        return self.fields.get(key, "")


async def _posted(request: Request) -> Posted:
    form = await request.form()
    fields = {key: value.strip() for key, value in form.items() if isinstance(value, str)}
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return Posted(fields, file.filename, await file.read())
    return Posted(fields)


async def _sent(request: Request) -> FormData:
    return await request.form()


# Before the session of a route that writes: while its form comes nobody else could write.
PostedForm = Annotated[Posted, Depends(_posted)]
SentForm = Annotated[FormData, Depends(_sent)]


_Model = TypeVar("_Model", bound=BaseModel)


def checked(model: type[_Model], values: Mapping[str, object], names: Mapping[str, str]) -> _Model:
    """The values as the interface takes them; `names` are what the page calls them. Raises BadInput."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = str(first["loc"][0]) if first["loc"] else ""
        raise BadInput(f"{names.get(place, place)}：{fault_in_words(first)}") from None
