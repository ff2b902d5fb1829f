"""Multipart forms (RFC 7578) of which nothing is lost without a word.

Django leaves out each part whose headers are not UTF-8, whose name it cannot use or whose headers
it cannot read, and answers as if it had not been sent. Here such a file gets a name, and what
cannot be read is an error.
"""

from collections.abc import Mapping
from typing import IO, Any

from django.core.handlers.asgi import ASGIRequest
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import ImmutableList
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from common.texts import decoded, nfc

_UNNAMED = "unnamed"
_REPLACED = "\ufffd"
_END_OF_HEADERS = b"\r\n\r\n"
# Django refuses a part with longer ones.
_MOST_HEADER_BYTES = 1 << 10


class WholeFormParser(MultiPartParser):
    """Django's parser, with headers in any encoding; refuses a form of which it lost a part."""

    def __init__(self, meta: Any, input_data: Any, upload_handlers: Any, encoding: Any) -> None:
        super().__init__(meta, input_data, upload_handlers, encoding)
        self._parts = _Utf8Headers(input_data, b"--" + self._boundary)  # type: ignore[attr-defined]
        self._input_data = self._parts

    def sanitize_file_name(self, file_name: str) -> str:
        """Return the last part of the name in NFC, or another one: the file is there anyway."""
        return nfc(super().sanitize_file_name(file_name) or _UNNAMED)

    def _parse(self) -> tuple[Any, Any]:
        post, files = super()._parse()  # type: ignore[misc]
        found = sum(len(values) for _, values in [*post.lists(), *files.lists()])
        if found != self._parts.count:
            raise MultiPartParserError(
                f"{self._parts.count} parts were sent and {found} can be read; each needs a "
                "Content-Disposition with a name."
            )
        fields = QueryDict(mutable=True)
        for name, values in post.lists():
            if any(_REPLACED in value for value in values):
                raise MultiPartParserError(f"the field {name} is not UTF-8 text.")
            fields.setlist(name, [nfc(value) for value in values])
        return fields, files


class _Utf8Headers:
    """A form as it streams in, the headers of its parts turned into UTF-8; counts the parts."""

    def __init__(self, stream: IO[bytes], separator: bytes) -> None:
        self._stream, self._separator = stream, separator
        self._held = b""
        self._in_headers = self._at_body = False
        self.count = 0

    def read(self, size: int) -> bytes:
        """Return about `size` bytes, none at the end."""
        while True:
            block = self._stream.read(size)
            self._held += block
            ready = self._take(at_end=not block)
            if ready or not block:
                return ready

    def _take(self, *, at_end: bool) -> bytes:
        """Return what of the held bytes is settled; past the end, all of them."""
        ready = []
        while True:
            mark = _END_OF_HEADERS if self._in_headers else self._separator
            place = self._held.find(mark)
            if place < 0:
                break
            piece, self._held = self._held[: place + len(mark)], self._held[place + len(mark) :]
            if self._in_headers:
                # The last separator ends in hyphens; nothing after it belongs to the form.
                is_part = not piece.startswith(b"--")
                self.count += is_part
                piece = _as_utf8(piece) if is_part else piece
            elif self._at_body and place == 0:
                # RFC 2046 lets the line that ends the headers begin the separator; Django does not.
                piece = b"\r\n" + piece
            ready.append(piece)
            self._at_body = self._in_headers
            self._in_headers = not self._in_headers
        # Headers are held until they are whole, a body but for what may begin a separator.
        kept = _MOST_HEADER_BYTES if self._in_headers else len(self._separator)
        if at_end or len(self._held) > kept:
            end = len(self._held) if at_end or self._in_headers else len(self._held) - kept
            ready.append(self._held[:end])
            self._held = self._held[end:]
            self._at_body = False
        return b"".join(ready)


def _as_utf8(headers: bytes) -> bytes:
    return b"\r\n".join(decoded(line).encode() for line in headers.split(b"\r\n"))


class FormParser(parsers.MultiPartParser):
    """REST framework's parser of forms, with ours in place of Django's."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return fields and files; raises `ParseError`."""
        request = (parser_context or {})["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type}
        try:
            parser = WholeFormParser(meta, stream, request.upload_handlers, "utf-8")
            return parsers.DataAndFiles(*parser.parse())
        except MultiPartParserError as error:
            raise ParseError(f"This form cannot be read: {error}") from None


class FormRequest(ASGIRequest):
    """A request whose forms are read in the same way where Django reads them by itself.

    It does for pages, and for the CSRF token of a call of the API with a session.
    """

    def parse_file_upload(self, META: Any, post_data: Any) -> Any:  # noqa: N803
        """Return fields and files; raises `MultiPartParserError`."""
        self.upload_handlers = ImmutableList(
            self.upload_handlers, warning="The upload has been processed: it is too late."
        )
        return WholeFormParser(META, post_data, self.upload_handlers, self.encoding).parse()
