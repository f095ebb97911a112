"""渠道的处理办法 Policy: what is done where a channel fails. Configured for each channel alike."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from engine.errors import BadAgency


@dataclass(frozen=True)
class Policy:
    """`resend`: what may or may not have arrived is sent once more. `fallback`: the channel that
    takes over (备用渠道), empty for none; `fallback_after`: how long a message waits for that."""

    resend: bool = True
    fallback: str = ""
    fallback_after: timedelta = timedelta(minutes=30)


DEFAULT_POLICY = Policy()


def fallbacks(policies: Mapping[str, Policy], channel: str) -> Iterator[str]:
    """The channels that take over from one, the nearest first."""
    while channel := policies.get(channel, DEFAULT_POLICY).fallback:
        yield channel


def check_policies(policies: Mapping[str, Policy], channels: Collection[str]) -> None:
    """Raises BadAgency where a fallback is not there, or where fallbacks lead in a circle."""
    for channel, policy in policies.items():
        if policy.fallback and policy.fallback not in channels:
            raise BadAgency(
                f"渠道 {channel} 的备用渠道“{policy.fallback}”不存在，请先写它的 [[channel]]"
            )
    for channel in policies:
        for passed, fallback in enumerate(fallbacks(policies, channel)):
            if fallback == channel or passed > len(policies):
                raise BadAgency(f"渠道 {channel} 的备用渠道绕成了圈，请改正 fallback")
