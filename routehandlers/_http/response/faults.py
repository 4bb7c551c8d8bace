"""Turn the faults that a library of models finds into the errors of a ``ValidationError``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from ..._models.base import Fault
from ...exceptions import ValidationError

Error = dict[str, str]

# A response lists at most this many errors.
MOST_ERRORS = 100

# Names that a client invents are cut to this many characters.
_LONGEST_NAME = 200

# Characters of a URI fragment, RFC 3986 section 3.5.
_FRAGMENT = "/?:@-._~!$&'()*+,;="


def invalid_inputs(errors: list[Error]) -> ValidationError:
    """Return the exception for invalid inputs. It counts all errors, and lists the first ones."""
    error = ValidationError(errors)
    del error.errors[MOST_ERRORS:]
    return error


def errors_in_body(faults: Iterable[Fault]) -> list[Error]:
    """Return faults of a JSON body, each with its JSON pointer (RFC 6901) as a fragment of a URL."""
    return [{"detail": fault.detail, "pointer": _pointer(fault.path)} for fault in faults]


def errors_in(place: str, faults: Iterable[Fault], names: Mapping[str, str]) -> list[Error]:
    """Return faults of another part of a request.

    :param names: Names of fields for clients, where they differ from those of the model.
    """
    errors: list[Error] = []
    for fault in faults:
        error = {"detail": fault.detail, "in": place}
        if fault.path:
            name = str(fault.path[0])
            error["name"] = names.get(name, name)[:_LONGEST_NAME]
        errors.append(error)
    return errors


def _pointer(path: tuple[str | int, ...]) -> str:
    parts = [str(part)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for part in path]
    return "#" + "".join(f"/{quote(part, safe=_FRAGMENT, errors='replace')}" for part in parts)
