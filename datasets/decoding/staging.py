"""Where a decoder leaves files until their rows are committed.

<staging>/blobs/ab/<sha256>
<staging>/thumbnails/ab/<sha256>.webp
"""

import os
from pathlib import Path

from datasets.decoding.image_file import ImageFile


class Staging:
    """Writes files below `folder`, unless `store` (the storage root) already has the content.

    Names are strings here: with `Path` they cost more than the files.
    """

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder = str(folder)
        self.store = str(store)
        self._made: set[str] = set()

    def write(self, file: ImageFile) -> None:
        """Write blob and thumbnail; the same content again changes nothing."""
        start = file.sha256[:2]
        self._write(f"blobs/{start}", file.sha256, file.content)
        if file.thumbnail:
            self._write(f"thumbnails/{start}", f"{file.sha256}.webp", file.thumbnail)

    def _write(self, below: str, name: str, content: bytes) -> None:
        if os.path.isfile(f"{self.store}/{below}/{name}"):  # noqa: PTH113
            return
        folder = f"{self.folder}/{below}"
        if folder not in self._made:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        with open(f"{folder}/{name}", "wb", buffering=0) as stream:  # noqa: PTH123
            stream.write(content)
