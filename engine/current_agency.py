"""The agency as it stands now: as it was configured, over what was decided since."""

import logging
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlmodel import Session

from engine import registrations
from engine.adoption import adoption_mark, papers
from engine.agency import Agency
from engine.database import reading
from engine.interpretations import interpretation_mark, on, set_aside, stored_interpretations
from engine.readings import Interpretation
from engine.registrations import Registered, registered, registration_mark
from rules.catalogue_files import Adopted, CatalogueFile, catalogue_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decided:
    """What the database holds beside the configuration file."""

    adopted: Adopted = field(default_factory=Adopted)
    interpretations: tuple[Interpretation, ...] = ()
    registered: Registered = field(default_factory=Registered)


def decided(session: Session, files: tuple[CatalogueFile, ...]) -> Decided:
    """All of it at one moment. Raises CatalogueError."""
    found = papers(session, files).adopted
    return Decided(found, stored_interpretations(session), registered(session))


Mark = tuple[tuple[int, int], int, registrations.Mark]


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
        with reading(self._db) as session:
            mark = _mark(session)
            if mark != self._last[0]:
                self._last = mark, self._made(session)
        return self._last[1]

    def agency_in(self, session: Session) -> Agency:
        """As the caller's transaction sees it, with what that has decided itself. Raises the same."""
        session.flush()
        mark, agency = self._last
        return agency if mark == _mark(session) else self._over(decided(session, self._files))

    def _made(self, session: Session) -> Agency:
        found = decided(session, self._files)
        agency = self._over(found)
        for _, why in set_aside(agency, found.interpretations):
            log.warning("interpretation set aside: %s", why)
        return agency

    def _over(self, found: Decided) -> Agency:
        catalogue = catalogue_of(self._files, found.adopted)
        return found.registered.on(on(self._configured, catalogue, found.interpretations))


def as_of(session: Session, agency: Agency | CurrentAgency) -> Agency:
    """As the caller's transaction sees it: what was read before it may have waited for somebody who
    decided something, and would take that back. Raises what CurrentAgency does."""
    return agency.agency_in(session) if isinstance(agency, CurrentAgency) else agency


def _mark(session: Session) -> Mark:
    return adoption_mark(session), interpretation_mark(session), registration_mark(session)
