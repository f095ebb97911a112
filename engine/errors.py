"""The error tree of this room.

EngineError
├── OutsideCalendar    a date or a year that the working calendar does not cover
├── NoDate             a term that gives no date by itself
├── BadInterpretation  a reading that does not fit its rule
├── BadAgency          a configuration whose parts do not fit together
├── BadDatabase        a database address that cannot be used, or a schema that is not ours
├── BadBackup          a backup that cannot be made
├── BadNotice          a holiday notice that cannot be read or fails a check
├── BadBounce          a letter that came back or answers one, but not to an address that we signed of late
├── UnknownTrigger     an event from which no duty of the unit counts
├── NotFound           an id that does not exist
├── NotAllowed         a change that the obligation's state does not permit
├── BadLink            a link that we did not sign
├── LinkExpired        a link whose time is over
├── BadAccount         an account or a token that cannot be made or changed as it was asked for
├── BadSubscription    a system's address that cannot be told what happens
└── NotSignedIn        a name and a password that let nobody in
"""


class EngineError(Exception):
    """Base of what this room refuses. The message is one Chinese sentence for people."""


class OutsideCalendar(EngineError):
    """The date, or the result of a count, lies outside the years of the calendar."""


class NoDate(EngineError):
    """The term gives no date by itself, or not from what it was given."""


class BadInterpretation(EngineError):
    """The reading is not in the grammar, or goes beyond what the words leave open."""


class BadAgency(EngineError):
    """Units, duties, interpretations and channels do not fit together."""


class BadDatabase(EngineError):
    """The database's address cannot be used, or its schema is not this version's."""


class BadBackup(EngineError):
    """The copy cannot be made, or would not be sound; nothing of it was left."""


class BadNotice(EngineError):
    """The holiday notice cannot be read, or a check of it failed; nothing of it was stored."""


class BadBounce(EngineError):
    """Nobody can say which delivery came back or was answered, or it was too long ago; nothing was changed."""


class UnknownTrigger(EngineError):
    """No duty counts from this event for this unit."""


class NotFound(EngineError):
    """There is no such id."""


class NotAllowed(EngineError):
    """The obligation's state does not permit the change."""


class BadLink(EngineError):
    """The link was not signed by us, or what it leads to is not there."""


class LinkExpired(EngineError):
    """The link's time is over."""


class BadAccount(EngineError):
    """The account, its password or the token is not one that can be."""


class NotSignedIn(EngineError):
    """Name and password let nobody in; the sentence does not say which of them is wrong."""


class BadSubscription(EngineError):
    """The subscription cannot be made or changed as it was asked for."""
