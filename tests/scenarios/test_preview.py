"""What is previewed is what the channel receives, and the days on which it is too much."""

from datetime import date, timedelta
from pathlib import Path

from engine.preview import TooMany, preview, too_many
from notifiers.channel import Window
from tests.builders import Box
from tests.scenarios.playing import Office, duty, robot, shanghai, unit
from tests.servers.wecom import WecomServer
from tests.servers.zhezhengding import KEY, SECRET, TENANT, ZhezhengdingServer

ROBOT_KEY = "7b0a5b2e-1c3d-4e5f-8a9b-0c1d2e3f4a5b"


def test_the_preview_is_what_the_server_receives(tmp_path: Path) -> None:
    with WecomServer({ROBOT_KEY}) as server:
        settings = (
            robot("group", server.base, ROBOT_KEY)
            + unit("office", "市政府办公室", "group")
            + unit("finance", "市财政局", "group", parent="office")
            + duty("02", "finance", "office")
        )
        with Office(tmp_path, settings, "2026-10-08 09:00") as office:
            before = office.dump()
            seen = preview(office.db, office.agency, office.calendar, "finance", office.now)
            assert office.dump() == before
            assert server.received == []
            office.tick()
            assert [one.body for one in seen] == [one.content for one in server.received]
            assert [one.size <= one.limit for one in seen] == [True]
            # Told already: nothing more goes out now.
            assert preview(office.db, office.agency, office.calendar, "finance", office.now) == []


def test_a_day_with_more_than_the_channel_takes_is_named(tmp_path: Path) -> None:
    names = [f"u{n}" for n in range(23)]
    settings = (
        '[[channel]]\nid = "box"\nkind = "console"\n'
        + "".join(unit(name, f"第{name}单位", "box") for name in names)
        + duty("02", *names)
    )
    with Office(tmp_path, settings, "2026-09-01 09:00") as office:
        office.replace_channel("box", Box(windows=(Window(20, timedelta(minutes=1)),)))
        found = too_many(office.agency, office.calendar, date(2026, 9, 28), date(2026, 9, 30))
        assert office.deliveries() == []
    assert found[-1] == TooMany(date(2026, 9, 30), ("box",), 23, 20, timedelta(minutes=1))
    assert found[-1].in_words == "9月30日 box 23 条，超过每分钟20条，将分批发送"


def test_five_daily_reminders_to_a_person_all_differ(tmp_path: Path) -> None:
    """浙政钉 refuses the same content to one user twice a day: so do these five."""
    office: Office | None = None
    with ZhezhengdingServer(
        lambda: office.now if office else shanghai("2026-10-08 09:00")
    ) as server:
        settings = f"""
[[channel]]
id = "zzd"
kind = "zhezhengding"
app_key = "{KEY}"
app_secret = "{SECRET}"
tenant_id = "{TENANT}"
api_base = "{server.base}"

[[unit]]
id = "finance"
name = "市财政局"
channels = ["zzd"]
contacts = [{{ name = "李四", account = "li4" }}]
""" + duty("02", "finance")
        with Office(tmp_path, settings, "2026-10-08 09:00") as office:
            for day in ("08", "09", "10", "12", "13"):
                office.tick(f"2026-10-{day} 09:00")
        assert len({one.content for one in server.shown}) == 5
        without_time = {one.content.rpartition("\n")[0] for one in server.shown}
        assert len(without_time) == 5  # the days that it is late, too
        assert server.refused == []
