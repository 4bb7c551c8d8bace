"""Parse forms within the limits of an application.

Werkzeug's parser checks the bytes that it has buffered, whatever they belong to. So a small limit of fields would also
refuse files and the heads of parts. This parser counts the bytes of each text field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Protocol
from urllib.parse import parse_qsl

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

_CHUNK = 64 * 2**10

# Bytes that the decoder may hold at a time: a chunk, and the head of one part.
_MOST_BUFFERED = 500 * 2**10

# Browsers send two or three headers with a part. Each one of a file is kept as long as the file.
_MOST_HEADERS = 50


class MakeFile(Protocol):
    """A function that returns the file for an upload, as ``werkzeug.formparser.TStreamFactory``."""

    def __call__(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None,
        content_length: int | None = None,
    ) -> IO[bytes]: ...


@dataclass(frozen=True)
class FormLimits:
    """Limits of forms.

    :param memory: Maximum size in bytes of a text field of a multipart form; ``None`` for no limit.
    :param parts: Maximum number of fields and files; ``None`` for no limit.
    """

    memory: int | None
    parts: int | None

    def check_parts(self, count: int) -> None:
        """Check a number of fields and files.

        :raise RequestEntityTooLarge: If there are too many.
        """
        if self.parts is not None and count > self.parts:
            raise RequestEntityTooLarge(f"The form has more than {self.parts} fields.")

    def check_field(self, size: int) -> None:
        """Check the size of a text field.

        :raise RequestEntityTooLarge: If it is too large.
        """
        if self.memory is not None and size > self.memory:
            raise RequestEntityTooLarge(f"A text field of the form is longer than {self.memory} bytes.")


def parse_urlencoded(text: str, limits: FormLimits, errors: str) -> list[tuple[str, str]]:
    """Return the fields of an urlencoded form.

    :param errors: Name of a handler for bytes that are not UTF-8.
    :raise RequestEntityTooLarge: If there are too many fields.
    """
    # They are counted before they are parsed. A pair in a list takes fifty times its bytes in the body.
    stripped = text.strip("&")
    limits.check_parts(stripped.count("&") + 1 if stripped else 0)
    return parse_qsl(text, keep_blank_values=True, errors=errors)


Fields = list[tuple[str, str]]
Files = list[tuple[str, FileStorage]]


def parse_multipart(
    stream: IO[bytes], boundary: bytes, length: int | None, make_file: MakeFile, limits: FormLimits
) -> tuple[Fields, Files]:
    """Return the fields and the files of a multipart form.

    :param length: The length of the body.
    :param make_file: Returns the file for an upload.
    :raise RequestEntityTooLarge: If a limit is exceeded.
    :raise ValueError: If the form is malformed or incomplete.
    """
    if not boundary:
        raise ValueError("the boundary is missing")
    reader = _Reader(MultiPartParser(make_file), length, limits)
    try:
        for event in _events(stream, boundary):
            reader.take(event)
    except BaseException:
        for _, file in reader.files:
            file.close()
        raise
    return reader.fields, reader.files


def _events(stream: IO[bytes], boundary: bytes) -> Iterator[Event]:
    decoder = MultipartDecoder(boundary, _MOST_BUFFERED)
    while True:
        chunk = stream.read(_CHUNK)
        try:
            decoder.receive_data(chunk or None)
        except RequestEntityTooLarge:
            raise RequestEntityTooLarge("The headers of a part of the form are too long.") from None
        while not isinstance(event := decoder.next_event(), (NeedData, Epilogue)):
            yield event
        if not chunk:
            return


class _Reader:
    """Put the events of a decoder together to fields and files."""

    def __init__(self, parser: MultiPartParser, length: int | None, limits: FormLimits) -> None:
        self.fields: Fields = []
        self.files: Files = []
        self._parser = parser
        self._length = length
        self._limits = limits
        self._count = self._size = 0
        self._field: Field | None = None
        self._chunks: list[bytes] = []

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, (Field, File)):
            self._begin(event)
        elif isinstance(event, Data):
            if self._field is None:
                self._write(event)
            else:
                self._collect(self._field, event)

    def _begin(self, part: Field | File) -> None:
        self._count += 1
        self._limits.check_parts(self._count)
        name: Any = part.name
        if name is None:
            raise BadRequest("The body is not a valid form: one of its parts has no name.")
        if len(part.headers) > _MOST_HEADERS:
            raise RequestEntityTooLarge(f"A part of the form has more than {_MOST_HEADERS} headers.")
        if isinstance(part, Field):
            self._field, self._size, self._chunks = part, 0, []
        else:
            self._field = None
            file = self._parser.start_file_streaming(part, self._length)
            self.files.append((part.name, FileStorage(file, part.filename, part.name, headers=part.headers)))

    def _write(self, event: Data) -> None:
        file = self.files[-1][1].stream
        file.write(event.data)
        if not event.more_data:
            file.seek(0)

    def _collect(self, field: Field, event: Data) -> None:
        self._size += len(event.data)
        self._limits.check_field(self._size)
        self._chunks.append(event.data)
        if not event.more_data:
            charset = self._parser.get_part_charset(field.headers)
            self.fields.append((field.name, b"".join(self._chunks).decode(charset, "replace")))
