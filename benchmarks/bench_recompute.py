"""A holiday notice over 100,000 open obligations: how long until every date is right again, beside
the time in which the same obligations were first derived. Run: make bench"""

from datetime import UTC, date, datetime
from time import perf_counter

from sqlalchemy import func
from sqlmodel import select

from engine.database import writing
from engine.derivation import derive
from engine.impact import Basis, derive_and_compare
from engine.notice_text import read_notice
from engine.notices import Notice
from engine.obligations import Obligation
from engine.workdays import work_calendar
from tests.builders import (
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    calendar_through,
    memory,
)
from tests.engine.notice_sentences import NOTICE_2027

UNITS, NOW = 850, datetime(2026, 11, 22, 2, tzinfo=UTC)


def main() -> None:
    rules = [build_rule("w", value="P1W"), build_rule("m", value="P1M;after=10WD")]
    units = [build_unit(f"u{number}", f"单位{number}") for number in range(UNITS)]
    duties = [build_duty(rule.id, unit.id, "2026-11-01") for rule in rules for unit in units]
    agency = build_agency(rules, duties, units=units, horizon_days=620)
    read = read_notice(NOTICE_2027)
    notice = Notice("CN", read.number, read.issued or date(2026, 11, 5), read.title, read.days)
    with memory() as db:
        with writing(db) as session:
            begin = perf_counter()
            first = derive_and_compare(session, Basis(agency, calendar_through(2026)), NOW)
            derived = perf_counter() - begin
        with writing(db) as session:
            begin = perf_counter()
            derive(session, agency, work_calendar((notice,)), NOW, notice.number)
            session.flush()
            again = perf_counter() - begin
            moved = session.exec(select(func.count()).where(Obligation.moved != "")).one()
    print(f"{first.added:,} obligations derived in {derived:.1f} s")
    print(f"a notice: {again:.1f} s, {again / derived:.2f} times that; {moved:,} have another date")


if __name__ == "__main__":
    main()
