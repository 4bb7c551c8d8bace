"""Resources, for the checkers: a call has the type of what the function yields or returns."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from routehandlers.resources import Resource, resource, unit
from routehandlers.testing import override


class Session:
    def commit(self) -> None: ...


@resource
def db() -> Iterator[Session]:
    yield Session()


@resource
def connection() -> Generator[Session, None, None]:
    yield Session()


@resource
def current_user() -> str | None:
    return None


named: Resource[Session] = db

with unit():
    session: Session = db()
    session.commit()
    connection().commit()
    user: str | None = current_user()
    wrong: int = db()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    db.release()

with override(db, lambda: Session()):
    ...
