"""What follows from an outcome: pure. Whether to send again, when, and what to tell a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.deliveries import State
from notifiers.message import Fault, Outcome, OutcomeKind

# After the n-th attempt. The last step repeats until LAST_ATTEMPT: about three days in all.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 120, 240, 480))
LAST_ATTEMPT = 15
GIVEN_UP_AFTER = timedelta(days=2)  # and not before: while nothing is reached attempts are many
# How long a channel pauses after so many times in a row that the far side was not reached.
UNREACHED = tuple(timedelta(minutes=minutes) for minutes in (0.5, 1, 2, 5, 10))
ASIDE = timedelta(hours=1)  # how long a message steps aside that fails by a fault of ours
_AFTER_UNKNOWN = timedelta(minutes=2)
_LONGEST_HELD = timedelta(minutes=30)


@dataclass(frozen=True)
class Next:
    """The delivery's next state. `at` is when it is sent again; `hold_until`, `unreached` and
    `disable` concern the whole channel."""

    state: State
    reason: str = ""
    at: datetime | None = None
    possible_duplicate: bool = False
    hold_until: datetime | None = None
    unreached: bool = False
    disable: bool = False


def after_attempt(
    outcome: Outcome,
    number: int,
    sent_before: bool,
    now: datetime,
    *,
    waited: timedelta = GIVEN_UP_AFTER,
    resend: bool = True,
) -> Next:
    """What follows from the outcome of attempt `number`, the first being 1.

    `sent_before`: an earlier attempt may have arrived already. `waited`: since it was planned.
    `resend`: the channel's policy for what may or may not have arrived.
    """
    match outcome.kind:
        case OutcomeKind.ACCEPTED:
            return Next(State.ACCEPTED)
        case OutcomeKind.SKIPPED:
            return Next(State.SKIPPED, outcome.advice)
        case OutcomeKind.REJECTED if outcome.fault is Fault.CONFIG:
            # The message is not lost: it waits until the channel is repaired.
            return Next(State.QUEUED, _advice(outcome), at=now, disable=True)
        case OutcomeKind.REJECTED:
            return Next(State.REJECTED, _advice(outcome))
        case OutcomeKind.UNKNOWN if not resend:
            return Next(State.UNKNOWN, UNKNOWN_STAYS)
        case OutcomeKind.UNKNOWN if sent_before:
            return Next(State.UNKNOWN, "两次发送都没有得到明确答复，请向收件人核实")
        case OutcomeKind.UNKNOWN if number >= LAST_ATTEMPT:
            return Next(State.UNKNOWN, "最后一次发送没有得到明确答复，请向收件人核实")
    if number >= LAST_ATTEMPT and waited >= GIVEN_UP_AFTER:
        return Next(State.FAILED, f"已试{number}次，请检查渠道后重新发送")
    if outcome.kind is OutcomeKind.UNKNOWN:
        return Next(
            State.QUEUED, "结果不明，稍后重发", at=now + _AFTER_UNKNOWN, possible_duplicate=True
        )
    if outcome.hold and outcome.retry_after is None:
        # Everything on the channel would fail alike: the queue stands still and keeps its order.
        return Next(State.QUEUED, outcome.advice or _LATER, at=now, unreached=True)
    backoff = BACKOFF[min(number, len(BACKOFF)) - 1]
    if outcome.hold:
        # The channel is free again after the hold; the message itself backs off a little more,
        # so that a quarter of an hour of refusals does not use up its attempts.
        asked = outcome.retry_after or backoff
        at = now + max(asked, min(backoff, _LONGEST_HELD))
        return Next(State.QUEUED, "渠道限流，稍后发送", at=at, hold_until=now + asked)
    wait = max(outcome.retry_after or timedelta(), backoff)
    return Next(State.QUEUED, outcome.advice or _LATER, at=now + wait)


_LATER = "暂时无法送达，稍后重试"
UNKNOWN_STAYS = "没有得到明确答复，按配置不再重发，请向收件人核实"


def _advice(outcome: Outcome) -> str:
    return outcome.advice or f"对方拒绝：{outcome.code} {outcome.detail}".strip()
