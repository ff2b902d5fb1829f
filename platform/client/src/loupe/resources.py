"""What every thing of the API has in common."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from loupe.api import Api

if TYPE_CHECKING:
    from loupe.client import Loupe


class Resource:
    """A thing that the server keeps, as it was when it was read.

    `data` is all that the API said of it; `thing["field"]` reads a field; `reload()` asks again.
    """

    collection: ClassVar[str] = ""
    shown: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(self, client: Loupe, data: Mapping[str, Any]) -> None:
        self.client = client
        self.data: dict[str, Any] = dict(data)

    @property
    def api(self) -> Api:
        """The calls of the client that has read this."""
        return self.client.api

    @property
    def id(self) -> str:
        """Its UUID."""
        return str(self.data["id"])

    @property
    def path(self) -> str:
        """Its address below the API."""
        return f"{self.collection}/{self.id}/"

    def reload(self) -> None:
        """Ask the server how it is now."""
        self.data = self.api.get(self.path)

    def __getitem__(self, field: str) -> Any:
        return self.data[field]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resource) and (self.path, self.api.url) == (
            other.path,
            other.api.url,
        )

    def __hash__(self) -> int:
        return hash((self.path, self.api.url))

    def _facts(self) -> dict[str, Any]:
        """Return what a person is shown of it."""
        return {name: self.data[name] for name in self.shown if name in self.data}

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._facts().items())
        return f"<{type(self).__name__} {facts}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(_as_text(value))}</td></tr>"
            for name, value in self._facts().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"


def _as_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(_as_text, value)) if isinstance(value, list) else str(value)
