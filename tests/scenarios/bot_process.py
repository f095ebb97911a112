"""A process that holds the lines of the robots of a configuration, until it is killed."""

import sys
from datetime import timedelta
from pathlib import Path
from threading import Event

from api.configuration import load_configuration
from engine.bot_lines import BotLine
from engine.clock import read_clock
from engine.database import open_database
from engine.line_states import bots_of
from engine.workdays import work_calendar

if __name__ == "__main__":
    configuration = load_configuration(Path(sys.argv[1]))
    db, agency = open_database(configuration.database_url), configuration.agency
    lease = timedelta(seconds=float(sys.argv[2]))
    for bots in bots_of(agency):
        BotLine(db, bots, lambda: agency, work_calendar, read_clock, lease).start()
    Event().wait()
