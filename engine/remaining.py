"""剩余: how much time an obligation has left, or how long it is late, in Chinese."""

from datetime import datetime

from engine.instants import local_day
from engine.obligations import Obligation
from engine.workdays import WorkCalendar

_DAY_OF_HOURS = 24


def remaining_in_words(row: Obligation, now: datetime, calendar: WorkCalendar) -> str:
    """`剩3个工作日`, `请今日办理`, `剩4小时20分`, `已逾期2个工作日`.

    A limit in hours is told in hours until it is a day late, and for as long as no working day
    has passed since; the others count to the day to act and from the due day.
    """
    today = local_day(now)
    worked = calendar.count(row.due_on, today)
    if row.due_at:
        minutes = int((row.due_at - now).total_seconds()) // 60
        hours, rest = divmod(abs(minutes), 60)
        if minutes >= 0:
            return f"剩{hours}小时{rest}分"
        if hours < _DAY_OF_HOURS or worked < 1:
            return f"已逾期{hours}小时{rest}分"
    if row.overdue(now):
        return f"已逾期{worked}个工作日" if worked else "已逾期"
    left = calendar.count(today, row.act_by)
    return f"剩{left}个工作日" if left > 0 else "请今日办理"
