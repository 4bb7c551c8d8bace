"""Applications whose resource is a session of SQLAlchemy on SQLite."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import MakeApp

from routehandlers import RouteHandlers

# ENDS notes how each session ended. With FAILS set, the next commit fails.
DB = """
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import QueuePool
from routehandlers.resources import resource

class Base(DeclarativeBase): ...

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

engine = create_engine("sqlite:///FILE", poolclass=QueuePool, pool_size=4, max_overflow=0, pool_timeout=5)
Base.metadata.create_all(engine)
ENDS, FAILS = [], []

@resource
def db():
    with Session(engine) as session:
        try:
            yield session
            if FAILS:
                raise FAILS.pop()
            session.commit()
        except BaseException as error:
            ENDS.append(type(error).__name__)
            raise
        ENDS.append("commit")

def add(name):
    db().add(Item(name=name))
    db().flush()

def names():
    return list(db().scalars(select(Item.name).order_by(Item.id)))
"""


class Database:
    """The database of an application, seen from outside."""

    def __init__(self, module: ModuleType) -> None:
        self.module: Any = module

    @property
    def rows(self) -> list[str]:
        """The names of the rows that were committed."""
        with self.module.engine.connect() as connection:
            return [name for (name,) in connection.exec_driver_sql("select name from items order by id")]

    @property
    def ends(self) -> list[str]:
        ends: list[str] = self.module.ENDS
        return ends

    @property
    def open(self) -> int:
        """The number of connections that are in use."""
        count: int = self.module.engine.pool.checkedout()
        return count

    def fail(self, error: BaseException) -> None:
        """Let the next commit fail."""
        self.module.FAILS.append(error)


MakeDbApp = Callable[..., tuple[RouteHandlers, Database]]


def module_of(app: RouteHandlers, name: str) -> ModuleType:
    """A private module of an application."""
    package = app.load(app.routes[0].pattern).__name__.partition(".")[0]
    return sys.modules[f"{package}.{name}"]


@pytest.fixture
def databases() -> Iterator[list[Database]]:
    """All databases of a test. Each connection is given back when it ends."""
    made: list[Database] = []
    yield made
    left = [database.open for database in made]
    for database in made:
        database.module.engine.dispose()
    assert not any(left)


@pytest.fixture
def make_db_app(make_app: MakeApp, tmp_path: Path, databases: list[Database]) -> MakeDbApp:
    """Make an application whose ``_db.py`` is the one above, and its database."""

    def make(files: dict[str, str], **settings: Any) -> tuple[RouteHandlers, Database]:
        file = tmp_path / f"{len(databases)}.sqlite"
        app = make_app({"_db.py": DB.replace("FILE", str(file)), **files}, **settings)
        database = Database(module_of(app, "_db"))
        databases.append(database)
        return app, database

    return make
