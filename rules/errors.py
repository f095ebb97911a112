"""The error tree of this room.

RulesError
├── TermError        a kind or value that is not in the grammar
├── CatalogueError   a catalogue file that is refused; nothing of it is loaded
└── UnknownText      no document of the catalogue has a text with this id
"""


class RulesError(Exception):
    """Base of what this room refuses. The message is one Chinese sentence for people."""


class TermError(RulesError):
    """The kind or the value of a term is not in the grammar."""


class CatalogueError(RulesError):
    """A catalogue is refused; the message names the file, the rule and the key."""


class UnknownText(RulesError):
    """No document of the catalogue has a text with this id; the message lists those that there are."""
