"""The form of a unit: what was typed, as the values of a unit, and back."""

from typing import Any

from starlette.datastructures import FormData

from engine.units import ROLE_NAMES, Role

PERSON = ("name", "role", "mobile", "mail", "account", "substitute")
EMPTY_ROWS = 2  # for people who are to be added
_SEPARATORS = str.maketrans(",，;；", "、、、、")
_NOBODY = dict.fromkeys(PERSON, "") | {"role": ROLE_NAMES[Role.HANDLER]}


def unit_values(form: FormData) -> dict[str, Any]:
    """The values of a unit; a row of people without a name is none."""
    columns = [[_text(value) for value in form.getlist(f"person_{key}")] for key in PERSON]
    people = [dict(zip(PERSON, row, strict=True)) for row in zip(*columns, strict=False)]
    filled = [one for one in people if any(one[key] for key in PERSON if key != "role")]
    aliases = typed(form, "aliases").translate(_SEPARATORS).split("、")
    return {
        "id": typed(form, "id"),
        "name": typed(form, "name"),
        "parent": typed(form, "parent"),
        "aliases": [alias.strip() for alias in aliases if alias.strip()],
        "contacts": filled,
        "channels": [_text(value) for value in form.getlist("channels")],
        "region": typed(form, "region") or None,
    }


def with_empty_rows(values: dict[str, Any]) -> dict[str, Any]:
    """The values for the form: with room for more people."""
    return {**values, "contacts": [*values["contacts"], *[_NOBODY] * EMPTY_ROWS]}


def typed(form: FormData, name: str) -> str:
    """A field without the blanks around it."""
    return _text(form.get(name, ""))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
