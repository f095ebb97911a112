"""What the pages call the kinds of channels."""

from api.channel_names import CHANNEL_NAMES
from notifiers.registry import NOTIFIERS


def test_every_kind_of_channel_has_a_name() -> None:
    assert set(CHANNEL_NAMES) == set(NOTIFIERS)
