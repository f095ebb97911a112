"""The agency as it stands now: as it was configured, over the rules that were accepted since."""

from sqlalchemy import Engine

from engine.adoption import Mark, adoption_mark, papers
from engine.agency import Agency
from engine.database import reading
from rules.catalogue_files import CatalogueFile


class CurrentAgency:
    """Looks at the database whenever it is asked, and makes the agency anew where somebody, in
    this process or in another, has loaded or decided something."""

    def __init__(self, db: Engine, configured: Agency, files: tuple[CatalogueFile, ...]) -> None:
        self._db, self._files = db, files
        self._last: tuple[Mark | None, Agency] = (None, configured)

    def agency(self) -> Agency:
        """Raises CatalogueError and BadAgency when what was accepted does not fit."""
        mark, agency = self._last
        with reading(self._db) as session:
            if adoption_mark(session) != mark:
                found = papers(session, self._files)
                agency = found.on(agency)
                self._last = (found.mark, agency)
        return agency
