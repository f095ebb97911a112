"""The agency as it stands now: as it was configured, over the rules that were accepted since, and
with the units and duties that were registered."""

from sqlalchemy import Engine
from sqlmodel import Session

from engine import adoption, registrations
from engine.adoption import adoption_mark, papers
from engine.agency import Agency
from engine.database import reading
from engine.registrations import Registered, registered, registration_mark
from rules.catalogue_files import CatalogueFile

Mark = tuple[adoption.Mark, registrations.Mark]


class CurrentAgency:
    """Looks at the database whenever it is asked, and makes the agency anew where somebody, in
    this process or in another, has loaded, decided or registered something."""

    def __init__(self, db: Engine, given: Agency, files: tuple[CatalogueFile, ...]) -> None:
        """`given` is the configured agency; what it has beside the configuration is read anew."""
        self._db, self._files = db, files
        self._configured = Registered().on(given)
        self._last: tuple[Mark | None, Agency] = (None, given)

    def agency(self) -> Agency:
        """Raises CatalogueError and BadAgency when what was decided does not fit."""
        mark, agency = self._last
        with reading(self._db) as session:
            now = (adoption_mark(session), registration_mark(session))
            if now != mark:
                agency = self.agency_in(session)
                self._last = (now, agency)
        return agency

    def agency_in(self, session: Session) -> Agency:
        """As the caller's transaction sees it, with what that has decided itself. Raises the same."""
        session.flush()
        found = papers(session, self._files).on(self._configured)
        return registered(session).on(found)
