"""How good provisional dates were: 20 working days from every day of a December and January, as the
calendar was known on 1 December before, against what became of them, 2012 to 2026. Run: make bench"""

from datetime import date, timedelta

from engine.workdays import work_calendar

FIRST, LAST, N = 2012, 2026, 20
TRUTH = work_calendar()


def main() -> None:
    held = exact = total = width = worst = 0
    for year in range(FIRST, LAST + 1):
        # A notice that was already out by then would leave nothing to guess.
        believed = work_calendar(known_on=date(year - 2, 12, 31))
        for number in range((date(year, 12, 1) - date(year - 1, 12, 1)).days):
            start = date(year - 1, 12, 1) + timedelta(number)
            guess, truth = believed.add_span(start, N), TRUTH.add(start, N)
            if not guess.provisional or truth.year > LAST:
                continue
            total += 1
            held += guess.earliest <= truth <= guess.latest
            exact += guess.date == truth
            width += (guess.latest - guess.earliest).days
            worst = max(worst, abs((guess.date - truth).days))
    print(f"{total:,} provisional dates of {N} working days, {FIRST}-{LAST}")
    print(f"interval held {held / total:.1%}, aim >= 99 %; mean width {width / total:.1f} days")
    print(f"point exact {exact / total:.1%}, aim >= 85 %; worst {worst} days")


if __name__ == "__main__":
    main()
