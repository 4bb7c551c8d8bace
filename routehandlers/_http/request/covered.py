"""Parts of a request of which a key covers only some names. Reading the others is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders, ImmutableMultiDict, MultiDict

from ..response.cookies import CookieAttributes, Cookies
from ..values.next_names import NextNames

if TYPE_CHECKING:
    from typing_extensions import Unpack  # typing has it from 3.11 on; checkers bring their own

    from ...typing import WSGIEnvironment


class CoveredHeaders(EnvironHeaders):
    """Headers of a request, of which a key covers only some.

    It stores only the covered ones. Reading others, or all, is reported and
    returns the headers of the client.

    :param covered: Names of the covered headers in lower case.
    :param shared: An environment with only the covered headers.
    :param sent: The environment of the client.
    """

    def __init__(
        self,
        covered: tuple[str, ...],
        shared: WSGIEnvironment,
        sent: WSGIEnvironment,
        report: Callable[[str], None],
    ) -> None:
        super().__init__(shared)
        self._covered = covered
        self._shared = EnvironHeaders(shared)
        self._sent = EnvironHeaders(sent)
        self._report = report

    def _of(self, name: object = None) -> EnvironHeaders:
        if isinstance(name, str) and name.lower() in self._covered:
            return self._shared
        self._report(f"the header {name}" if isinstance(name, str) else "headers")
        return self._sent

    def __getitem__(self, key: Any) -> Any:
        return self._of(key)[key]

    def __contains__(self, key: object) -> bool:
        return self._of(key).__contains__(key)  # type: ignore[operator]  # Werkzeug's takes anything

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).getlist(key, *args, **kwargs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._of())

    def __len__(self) -> int:
        return len(self._of())

    def __str__(self) -> str:
        return str(self._of())

    def __repr__(self) -> str:
        return repr(self._of())

    def items(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().items(*args, **kwargs)

    def keys(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().keys(*args, **kwargs)

    def values(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().values(*args, **kwargs)

    def to_wsgi_list(self) -> Any:
        return self._of().to_wsgi_list()


class CoveredArgs(NextNames[str], ImmutableMultiDict[str, str]):  # type: ignore[misc]  # as Werkzeug's own bases
    """Query or cookies of a request, of which a key covers only some names; see ``CoveredHeaders``.

    :param one: What one value is called in reports, before its name.
    :param all_of_them: What all values are called.
    """

    def __init__(
        self,
        covered: tuple[str, ...],
        shared: MultiDict[str, str],
        sent: Callable[[], MultiDict[str, str]],
        report: Callable[[str], None],
        one: str = "the query parameter",
        all_of_them: str = "the query",
    ) -> None:
        super().__init__(shared)
        self._covered = covered
        self._shared = shared
        self._sent = sent
        self._report = report
        self._one, self._all = one, all_of_them

    def _of(self, name: object = None) -> MultiDict[str, str]:
        if name in self._covered:
            return self._shared
        self._report(f"{self._one} {name}" if isinstance(name, str) else self._all)
        return self._sent()

    def __getitem__(self, key: str) -> str:
        return self._of(key)[key]

    def __contains__(self, key: object) -> bool:
        return key in self._of(key)

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).getlist(key, *args, **kwargs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._of())

    def __len__(self) -> int:
        return len(self._of())

    def __eq__(self, other: object) -> bool:
        return self._of() == other

    def __hash__(self) -> int:  # type: ignore[override]  # as Werkzeug's immutable one has it
        return hash(self._of())

    def __repr__(self) -> str:
        return repr(self._of())

    def keys(self) -> Any:
        return self._of().keys()

    def values(self) -> Any:
        return self._of().values()

    def items(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().items(*args, **kwargs)

    def lists(self) -> Any:
        return self._of().lists()

    def listvalues(self) -> Any:
        return self._of().listvalues()

    def to_dict(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().to_dict(*args, **kwargs)

    def copy(self) -> Any:
        return self._of().copy()


class CoveredCookies(Cookies):
    """``cookies()`` of a render whose key covers only some names; see ``CoveredHeaders``.

    :param jar: The cookies of the client, and those that the response sets.
    """

    def __init__(self, covered: Iterable[str], jar: Cookies, report: Callable[[str], None]) -> None:
        self._covered = frozenset(covered)
        self._jar = jar
        self._report = report

    def _of(self, name: object = None) -> Cookies:
        if name not in self._covered:
            self._report(f"the cookie {name}" if isinstance(name, str) else "cookies()")
        return self._jar

    def __getitem__(self, name: str) -> str:
        return self._of(name)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of())

    def __len__(self) -> int:
        return len(self._of())

    def __repr__(self) -> str:
        return repr(self._of())

    def get_all(self, name: str | None = None) -> list[tuple[str, str]]:
        return self._of(name).get_all(name)

    def set(self, name: str, value: str, **attributes: Unpack[CookieAttributes]) -> Cookies:
        self._jar.set(name, value, **attributes)
        return self

    def _show(self, values: Mapping[str, str]) -> None:
        self._jar._show(values)

    def seal(self) -> None:
        self._jar.seal()

    @property
    def lines(self) -> list[str]:
        return self._jar.lines

    @property
    def set_here(self) -> dict[str, str]:
        return self._jar.set_here
