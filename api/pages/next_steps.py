"""下一步: what a new office does first, and what of it is done. Shown until all of it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.permissions import Permission
from api.viewer import Viewer
from engine.accounts import list_accounts
from engine.agency import Agency
from engine.channels import channel_states
from engine.deliveries import any_accepted
from engine.instants import local_day
from engine.loaded_texts import any_text
from engine.proposals import IS_OPEN, list_proposals
from engine.workdays import WorkCalendar

NOTICES_COME_IN = 11  # the month in which next year's holidays are announced, most years


@dataclass(frozen=True)
class Step:
    """One of them: where it is done, empty where the viewer has no page for it."""

    title: str
    why: str
    path: str
    done: bool


@dataclass(frozen=True)
class NextSteps:
    """What is looked at; `reached`: every unit that owes something can be told."""

    session: Session
    agency: Agency
    calendar: WorkCalendar
    now: datetime
    viewer: Viewer
    reached: bool


def next_steps(asked: NextSteps) -> list[Step]:
    """The steps in their order, for those who decide; none where all are done."""
    if Permission.DECIDE not in asked.viewer.permissions or asked.viewer.units is not None:
        return []
    steps = list(_steps(asked))
    return [] if all(step.done for step in steps) else steps


def _steps(asked: NextSteps) -> Iterator[Step]:
    session, agency = asked.session, asked.agency
    loaded = any_text(session)
    open_ = list_proposals(session, IS_OPEN, limit=1)
    yield _step(
        asked, "载入要执行的文件", "系统标出每一处时间要求，提出规则建议", "/documents", loaded
    )
    yield _step(asked, "逐条确认规则建议", "确认了才会提醒", "/documents", loaded and not open_)
    settled = bool(agency.duties) and asked.reached
    yield _step(
        asked, "写明哪个单位承担哪条规则，提醒谁", "每个单位都有联系人和渠道", "/units", settled
    )
    yield _step(
        asked,
        "接通并确认提醒渠道",
        "控制台渠道只打印，不外发",
        "/units",
        _confirmed(session, agency),
    )
    today = local_day(asked.now)
    ahead = asked.calendar.announced_through > today.year
    if ahead or today.month >= NOTICES_COME_IN:
        title = f"导入{today.year + 1}年的放假通知"
        yield _step(asked, title, "导入前，明年的到期日都是暂定", "/system/calendar", ahead)
    people = len(list_accounts(session)) > 1
    yield _step(asked, "给各单位建立帐户", "经办人登录后只看到本单位", "/system/accounts", people)
    yield _step(
        asked,
        "看一看发出了什么、将要发出什么",
        "消息在工作日上班时间发出",
        "/messages?days=1",
        any_accepted(session),
    )


def _step(asked: NextSteps, title: str, why: str, path: str, done: bool) -> Step:
    may = asked.viewer.may(f"GET {path.partition('?')[0]}")
    return Step(title, why, path if may else "", done)


def _confirmed(session: Session, agency: Agency) -> bool:
    """Does somebody read what comes over a channel that leaves this machine?"""
    states = channel_states(session)
    return any(
        id_ in states and states[id_].confirmed_at and channel.kind != "console"
        for id_, channel in agency.channels.items()
    )
