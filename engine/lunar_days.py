"""农历 Lunar days: on which date a day of the lunar year falls, to compare with what a notice prints.

Statutory days have tables of their own (engine.statutory); they agree with this one in every year.
"""

from datetime import date, timedelta

from engine.statutory import FIRST_YEAR, LAST_YEAR, SPRING, lunar_day

# One number for each lunar year from FIRST_YEAR on, one line a decade, made once with lunar-python 1.4.8:
# the last digit is the leap month (0 for none), the first says whether that has 30 days (else 29), the
# twelve bits between whether the months from the first to the twelfth have.
_MONTHS = """
                                                092D0 0CAB5
0A950 0B4A0 0BAA4 0AD50 055D9 04BA0 0A5B0 15176 052B0 0A930
07954 06AA0 0AD50 05B52 04B60 0A6E6 0A4E0 0D260 0EA65 0D530
05AA0 076A3 096D0 04AFB 04AD0 0A4D0 1D0B6 0D250 0D520 0DD45
0B5A0 056D0 055B2 049B0 0A577 0A4B0 0AA50 1B255 06D20 0ADA0
14B63 09370 049F8 04970 064B0 168A6 0EA50 06B20 1A6C4 0AAE0
092E0 0D2E3 0C960 0D557 0D4A0 0DA50 05D55 056A0 0A6D0 055D4
052D0 0A9B8 0A950 0B4A0 0B6A6 0AD50 055A0 0ABA4 0A5B0 052B0
0B273 06930 07337 06AA0 0AD50 14B55 04B60 0A570 054E4 0D160
0E968 0D520 0DAA0 16AA6 056D0 04AE0 0A9D4 0A2D0 0D150 0F252
0D520
"""


def date_of_lunar(year: int, month: int, day: int) -> date | None:
    """The date of a day of a lunar year's month, not of its leap month; None where there is no such
    day, or the year is beyond the table (2008 to 2100)."""
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= month <= 12:
        return None
    months = int(_MONTHS.split()[year - FIRST_YEAR], 16)
    leap, leap_days = months & 0xF, 29 + (months >> 16)
    lengths = [29 + (months >> (16 - number) & 1) for number in range(1, 13)]
    if not 1 <= day <= lengths[month - 1]:
        return None
    before = sum(lengths[: month - 1]) + (leap_days if 0 < leap < month else 0)
    return lunar_day(SPRING, year) + timedelta(before + day - 1)
