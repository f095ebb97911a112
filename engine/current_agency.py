"""The agency as it stands now: as it was configured, over what was decided since."""

import logging
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlmodel import Session

from engine.adoption import adoption_mark, papers
from engine.agency import Agency
from engine.database import reading
from engine.interpretations import interpretation_mark, on, set_aside, stored_interpretations
from engine.readings import Interpretation
from rules.catalogue_files import Adopted, CatalogueFile, catalogue_of

log = logging.getLogger(__name__)
Mark = tuple[object, ...]


@dataclass(frozen=True)
class Decided:
    """What the database holds beside the configuration file."""

    adopted: Adopted = field(default_factory=Adopted)
    interpretations: tuple[Interpretation, ...] = ()


def decided(session: Session, files: tuple[CatalogueFile, ...]) -> Decided:
    """All of it at one moment. Raises CatalogueError."""
    return Decided(papers(session, files).adopted, stored_interpretations(session))


class CurrentAgency:
    """Looks at the database whenever it is asked, and makes the agency anew where somebody, in
    this process or in another, has loaded or decided something."""

    def __init__(self, db: Engine, configured: Agency, files: tuple[CatalogueFile, ...]) -> None:
        self._db, self._configured, self._files = db, configured, files
        self._last: tuple[Mark | None, Agency] = (None, configured)

    def agency(self) -> Agency:
        """Raises CatalogueError and BadAgency when what was accepted does not fit."""
        with reading(self._db) as session:
            mark = adoption_mark(session), interpretation_mark(session)
            if mark != self._last[0]:
                self._last = mark, self._made(session)
        return self._last[1]

    def agency_in(self, session: Session) -> Agency:
        """The same as a transaction of the caller's sees it."""
        return self._over(decided(session, self._files))

    def _made(self, session: Session) -> Agency:
        found = decided(session, self._files)
        agency = self._over(found)
        for _, why in set_aside(agency, found.interpretations):
            log.warning("interpretation set aside: %s", why)
        return agency

    def _over(self, found: Decided) -> Agency:
        catalogue = catalogue_of(self._files, found.adopted)
        return on(self._configured, catalogue, found.interpretations)
