"""Files of a kept archive, decoded behind glass as an import decodes them, for apps above."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from datasets.archive.member import Member
from datasets.decoding.decoder import Decoder, Places
from storage import durable
from storage.names import upload_name


class ArchiveDecoder:
    """One decoding process for the files of one archive. A context manager, for one thread."""

    def __init__(self, key: str, staging: Path) -> None:
        """`key` is the archive's (`services.intake.keep_archive`); `staging` takes what it makes.

        Raises `FileNotFoundError` where the archive has gone.
        """
        self._archive = durable.local(upload_name(key))
        self.staging = staging
        places = Places(staging, durable.known_folder(), settings.IMAGE_MAX_PIXELS)
        self._decoder = Decoder(places)

    def __enter__(self) -> "ArchiveDecoder":
        return self

    def __exit__(self, *exit: object) -> None:
        self._decoder.__exit__(*exit)

    def decode(self, members: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
        """Yield an answer for each file (the fields of a `Member`), as `Decoder` gives them."""
        asked = [Member(*fields) for fields in members]
        return map(json.loads, self._decoder.decode_members(self._archive, asked))

    def locate(self, sha256: str) -> Path:
        """Return where an accepted file's content lies: staged, or stored already."""
        staged = self.staging / "blobs" / sha256[:2] / sha256
        return staged if staged.is_file() else durable.local_blob(sha256)
