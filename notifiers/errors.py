"""The error tree of this room.

NotifierError
├── ChannelConfigError   the settings of a channel are refused; nothing can be sent with them
└── SignInFailed         the service that vouches for people does not, or cannot be believed
"""


class NotifierError(Exception):
    """Base of what this room refuses. The message is one Chinese sentence for people."""


class ChannelConfigError(NotifierError):
    """A channel's settings are refused; the message names the key, never what stands in it."""


class SignInFailed(NotifierError):
    """The service that vouches for people cannot be reached, or what it says does not hold."""
