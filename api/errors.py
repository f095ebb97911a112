"""The error tree of this room.

BadInput        what a person gave cannot be used; one Chinese sentence, exit status 2
└── BadConfig   the configuration file cannot be used
"""


class BadInput(Exception):
    """What was given on the command line or in a file cannot be used."""


class BadConfig(BadInput):
    """The configuration is refused; the message names the file, the place and the way out."""
