"""qixian doctor on interpretations that were decided beside the configuration file."""

import re
from pathlib import Path

from qixian_command import Run

from api.configuration import load_configuration
from engine.database import open_database

CONFIGURED, WATER = "guangyuan-2017-27", "guangyuan-2017-43"


def test_the_doctor_names_what_does_not_count_and_nothing_stops(qixian: Run, example: Path) -> None:
    qixian("migrate")
    db = open_database(load_configuration(example).database_url)
    with db.begin() as connection:
        for rule, reading in ((CONFIGURED, "P3M"), (WATER, "P1M"), ("gone-01", "P1M")):
            connection.exec_driver_sql(
                "INSERT INTO interpretation (rule, reading, decided_by, decided_on, reason, at, by) "
                f"VALUES ('{rule}', '{reading}', '办公室', '2026-09-24', '无', "
                "'2026-09-25 02:00:00.000000', '王莉')"
            )
    db.dispose()
    rows = qixian("doctor", "--json").rows
    told = [row["detail"] for row in rows if (row["name"], row["level"]) == ("口径", "fault")]
    assert [WATER in one for one in told] == [False, False]
    assert "config.toml 的 [[interpretation]]为准" in told[0]
    assert "gone-01 已不在目录中" in told[1]
    planned = qixian("plan", "--from", "2026-10-01", "--to", "2026-10-31", "--json").rows
    assert [row["due_on"] for row in planned if row["rule"] == WATER] == ["2026-10-31"]
    assert qixian("tick").status == 0


def test_the_doctor_names_some_holders_without_a_unit_and_counts_all(
    qixian: Run,
    example: Path,  # noqa: ARG001 - its configuration
) -> None:
    (told,) = [row for row in qixian("doctor", "--json").rows if "没有对应单位" in row["detail"]]
    assert told["detail"].count("、") == 11
    assert re.search(r"等 \d{3} 个；", told["detail"])
