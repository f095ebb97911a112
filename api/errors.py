"""The error tree of this room.

Refused         who asks may not, or not now; over HTTP only
BadInput        what a person gave cannot be used; one Chinese sentence, exit status 2
└── BadConfig   the configuration file cannot be used
"""

from typing import Any


class Refused(Exception):
    """A request that is not answered: status, stable code, one Chinese sentence."""

    def __init__(self, status: int, code: str, detail: str, headers: Any = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.headers = status, code, headers


class BadInput(Exception):
    """What was given on the command line or in a file cannot be used."""


class BadConfig(BadInput):
    """The configuration is refused; the message names the file, the place and the way out."""
