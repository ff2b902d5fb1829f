"""Where a decoder leaves files until their rows are committed.

<staging>/blobs/ab/<sha256>
<staging>/thumbnails/ab/<sha256>.webp
"""

from pathlib import Path

from datasets.decoding.image_file import ImageFile


class Staging:
    """Writes files below `folder`, unless `store` (the storage root) already has the content."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder = folder
        self.store = store
        self._made: set[Path] = set()

    def write(self, file: ImageFile) -> None:
        """Write blob and thumbnail; the same content again changes nothing."""
        blob = Path("blobs", file.sha256[:2], file.sha256)
        thumbnail = Path("thumbnails", file.sha256[:2], f"{file.sha256}.webp")
        if not (self.store / blob).is_file():
            self._write(blob, file.content)
        if not (self.store / thumbnail).is_file():
            self._write(thumbnail, file.thumbnail)

    def _write(self, name: Path, content: bytes) -> None:
        path = self.folder / name
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        path.write_bytes(content)
