"""What follows from an outcome."""

from datetime import UTC, datetime, timedelta

from engine.deliveries import State
from engine.retries import BACKOFF, LAST_ATTEMPT, Next, after_attempt
from notifiers.message import Fault, Outcome, OutcomeKind

NOW = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)
RETRY = Outcome(OutcomeKind.RETRY)


def test_each_outcome_has_its_consequence() -> None:
    cases = [
        # outcome,                                         attempt, sent before, state
        (Outcome(OutcomeKind.ACCEPTED), 1, False, State.ACCEPTED),
        (Outcome(OutcomeKind.ACCEPTED), LAST_ATTEMPT, True, State.ACCEPTED),
        (Outcome(OutcomeKind.SKIPPED), 1, False, State.SKIPPED),
        (Outcome(OutcomeKind.REJECTED, Fault.CONTENT), 1, False, State.REJECTED),
        (Outcome(OutcomeKind.REJECTED, Fault.RECIPIENT), 1, False, State.REJECTED),
        (Outcome(OutcomeKind.REJECTED, Fault.CONFIG), 1, False, State.QUEUED),
        (Outcome(OutcomeKind.REJECTED), 1, False, State.REJECTED),
        (Outcome(OutcomeKind.UNKNOWN), 1, False, State.QUEUED),
        (Outcome(OutcomeKind.UNKNOWN), 2, True, State.UNKNOWN),
        (Outcome(OutcomeKind.UNKNOWN), LAST_ATTEMPT, False, State.UNKNOWN),  # it may have arrived
        (RETRY, 1, False, State.QUEUED),
        (RETRY, LAST_ATTEMPT - 1, True, State.QUEUED),
        (RETRY, LAST_ATTEMPT, False, State.FAILED),
    ]
    for outcome, number, before, state in cases:
        found = after_attempt(outcome, number, before, NOW)
        assert found.state is state, (outcome, number)
        assert (found.at is None) == (state is not State.QUEUED)
        assert state is State.ACCEPTED or found.reason or outcome.kind is OutcomeKind.SKIPPED


def test_an_unknown_outcome_is_tried_once_more_and_marked() -> None:
    found = after_attempt(Outcome(OutcomeKind.UNKNOWN), 1, False, NOW)
    assert found.possible_duplicate
    assert found.at == NOW + timedelta(minutes=2)


def test_a_fault_of_the_configuration_stops_the_channel_and_loses_nothing() -> None:
    outcome = Outcome(OutcomeKind.REJECTED, Fault.CONFIG, advice="请检查密钥")
    assert after_attempt(outcome, 3, False, NOW) == Next(
        State.QUEUED, "请检查密钥", at=NOW, disable=True
    )


def test_waits_grow_and_end_after_some_days() -> None:
    waits = [after_attempt(RETRY, number, False, NOW).at for number in range(1, LAST_ATTEMPT)]
    lengths = [at - NOW for at in waits if at]
    assert lengths == sorted(lengths)
    assert lengths[: len(BACKOFF)] == list(BACKOFF)
    assert timedelta(days=2) < sum(lengths, timedelta()) < timedelta(days=4)


def test_nothing_is_given_up_within_two_days() -> None:
    young, old = (
        after_attempt(RETRY, 400, False, NOW, waited=timedelta(days=days)) for days in (1, 2)
    )
    assert (young.state, old.state) == (State.QUEUED, State.FAILED)


def test_where_nobody_is_reached_the_channel_waits_and_the_message_stays_first() -> None:
    outcome = Outcome(OutcomeKind.RETRY, hold=True, advice="连接不上")
    assert after_attempt(outcome, 7, False, NOW, waited=timedelta()) == Next(
        State.QUEUED, "连接不上", at=NOW, unreached=True
    )


def test_where_the_policy_is_never_an_unknown_outcome_is_the_end() -> None:
    found = after_attempt(Outcome(OutcomeKind.UNKNOWN), 1, False, NOW, resend=False)
    assert (found.state, found.possible_duplicate, found.at) == (State.UNKNOWN, False, None)
    assert found.reason == "没有得到明确答复，按配置不再重发，请向收件人核实"


def test_the_far_side_may_ask_for_a_longer_wait_and_not_for_a_shorter_one() -> None:
    for asked, waited in ((timedelta(hours=3), timedelta(hours=3)), (timedelta(0), BACKOFF[0])):
        outcome = Outcome(OutcomeKind.RETRY, retry_after=asked)
        assert after_attempt(outcome, 1, False, NOW).at == NOW + waited


def test_a_busy_channel_is_held_as_long_as_asked_and_does_not_use_up_the_attempts() -> None:
    busy = Outcome(OutcomeKind.RETRY, retry_after=timedelta(minutes=1), hold=True)
    passed = timedelta()
    for number in range(1, LAST_ATTEMPT):
        found = after_attempt(busy, number, False, NOW)
        assert found.hold_until == NOW + timedelta(minutes=1)
        assert found.at
        assert found.at >= found.hold_until
        passed += found.at - NOW
    assert passed > timedelta(hours=4)
