"""What a store of durable files can do; `storage.durable` says what each function promises."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    """A file that is kept; `modified` in seconds since 1970."""

    name: str
    modified: float


class Facts(NamedTuple):
    """What a store says of a file without reading it; `modified` in seconds since 1970."""

    bytes: int
    modified: float


class Store(Protocol):
    """One place of durable files."""

    def local(self, names: Sequence[str]) -> list[Path]: ...  # noqa: D102

    def local_content(self, name: str, sha256: str) -> Path: ...  # noqa: D102

    def link(  # noqa: D102
        self, name: str, seconds: int, parameters: Mapping[str, str]
    ) -> str | None: ...

    def borrowed(self, names: Sequence[str]) -> AbstractContextManager[list[Path]]: ...  # noqa: D102

    def known_folder(self) -> Path: ...  # noqa: D102

    def read(self, name: str) -> bytes: ...  # noqa: D102

    def missing(self, names: Iterable[str]) -> list[str]: ...  # noqa: D102

    def write(self, name: str, blocks: Iterable[bytes], *, synced: bool) -> str: ...  # noqa: D102

    def take_over(  # noqa: D102
        self, path: Path, name: str, sha256: str | None = None
    ) -> None: ...

    def adopt(  # noqa: D102
        self, folders: Iterable[Path], sizes: Mapping[str, int]
    ) -> list[str]: ...

    def collecting(self, name: str) -> Path: ...  # noqa: D102

    def complete(self, name: str) -> None: ...  # noqa: D102

    def delete(self, names: Iterable[str]) -> None: ...  # noqa: D102

    def delete_folder(self, folder: str) -> None: ...  # noqa: D102

    def files_in(self, folder: str) -> Iterator[Stored]: ...  # noqa: D102

    def walk(self, below: str = "") -> Iterator[str]: ...  # noqa: D102

    def facts(self, name: str) -> Facts: ...  # noqa: D102

    def blocks(self, name: str) -> Iterator[bytes]: ...  # noqa: D102

    def sync(self) -> None: ...  # noqa: D102

    def shrink_copies(self) -> None: ...  # noqa: D102
