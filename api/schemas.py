"""What all requests share: a model that forbids unknown keys, and the types of its fields."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Control characters, line separators, and marks that turn the direction of writing.
HIDDEN = r"\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
# One line of visible text: what stands in messages and pages may not break them.
Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        pattern=f"^[^{HIDDEN}]*$",
    ),
]
Name = Annotated[Line, Field(min_length=1, max_length=100)]
Reference = Annotated[Line, Field(max_length=100)]
By = Annotated[
    Name | None, Field(description="谁办理；登录的人不必写，只能是本人；接口令牌可写明代谁办理")
]
Text = Annotated[Line, Field(max_length=1000)]
Moment = Annotated[str, Field(min_length=10, max_length=40)]
RuleId = Annotated[Line, Path(min_length=1, max_length=200)]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]  # what an integer of the database can be


class Asked(BaseModel):
    """What is asked for: a key that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")
