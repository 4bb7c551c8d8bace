"""Read all inputs of a request for one handler, and list the errors of all of them together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._http.request.checked_json import HasRequest, InvalidInputError
from .._http.response.faults import Error, invalid_inputs
from .readers import MISSING, Reader, make_reader
from .signature import Place, Signature

if TYPE_CHECKING:
    from ..typing import Params, WSGIEnvironment

Values = dict[str, Any]
"""The inputs of one call of a handler, by the names of its parameters."""


class Inputs:
    """The inputs of a handler.

    :raise Exception: If an adapter cannot check a model.
    """

    def __init__(self, signature: Signature) -> None:
        self._set(make_reader(declared) for declared in signature.inputs.values())

    def _set(self, readers: Iterable[Reader]) -> None:
        self.readers = tuple(readers)
        self._steps = tuple((reader.declared.place, reader.read) for reader in self.readers)
        if len(self._steps) == 1:
            ((self._place, self._read),) = self._steps

    def only(self, place: Place) -> Inputs:
        """Return one of the inputs."""
        return self._some(reader for reader in self.readers if reader.declared.place == place)

    def without(self, place: Place) -> Inputs:
        """Return the other inputs."""
        return self._some(reader for reader in self.readers if reader.declared.place != place)

    def _some(self, readers: Iterable[Reader]) -> Inputs:
        some = Inputs.__new__(Inputs)
        some._set(readers)
        return some

    def read(self, source: HasRequest, environ: WSGIEnvironment, params: Params) -> Values:
        """Return the inputs of a request.

        :param source: An object with the request, from which only a body is read.
        :raise ValidationError: With the errors of all inputs.
        :raise HTTPException: If the body cannot be read.
        """
        values: Values = {}
        try:
            for place, read in self._steps:
                value = read(source, environ, params)
                if value is not MISSING:
                    values[place] = value
        except InvalidInputError:
            # Read all of them again: what is valid costs little, and nothing does in the usual case.
            return self._read_on(source, environ, params)
        return values

    def read_one(self, source: HasRequest, environ: WSGIEnvironment, params: Params) -> Values:
        """Return the inputs as ``read()`` does, if there is only one."""
        try:
            value = self._read(source, environ, params)
        except InvalidInputError:
            return self._read_on(source, environ, params)
        return {self._place: value} if value is not MISSING else {}

    def _read_on(self, source: HasRequest, environ: WSGIEnvironment, params: Params) -> Values:
        """Read all inputs, also after an invalid one."""
        values: Values = {}
        errors: list[Error] = []
        for reader in self.readers:
            try:
                value = reader.read(source, environ, params)
            except InvalidInputError as invalid:
                errors += reader.errors(invalid.faults)
            else:
                if value is not MISSING:
                    values[reader.declared.place] = value
        if errors:
            raise invalid_inputs(errors)
        return values
