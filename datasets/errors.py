"""Situations that belong to the caller, each with its sentence."""

from collections.abc import Mapping

from common.errors import Conflict, DomainError, Unavailable, Unprocessable
from common.sentences import listed


class CannotFreeze(Unprocessable):
    """The dataset as it stands cannot be divided as asked (422)."""

    title = "This dataset cannot be frozen yet"
    code = "cannot_freeze"


class CannotDivide(Unprocessable):
    """The version as it stands cannot be divided into folds as asked (422)."""

    title = "This version cannot be divided into folds"
    code = "cannot_divide"


class ArchiveRefused(Unprocessable):
    """An archive that is refused as a whole; the sentence names the entry at fault (422)."""

    title = "The archive is refused"
    code = "archive_refused"


class InTrash(Conflict):
    """The dataset lies in the trash: restore it first (409)."""

    title = "The dataset is in the trash"
    code = "in_trash"


class UnreadableImage(Unprocessable):
    """An image whose kept file can no longer be decoded (422)."""

    title = "An image cannot be read"
    code = "unreadable_image"


class UnreadableImages(UnreadableImage):
    """Images whose kept files can no longer be decoded, those that were found (422).

    `faults` says of each content (SHA-256) why.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        names = list(self.faults)
        several = len(names) > 1
        what = f"{len(names):,} image files" if several else f"The image file {names[0]}"
        which = f" They are {listed(names)}." if several else ""
        reasons = " ".join(dict.fromkeys(self.faults.values()))
        super().__init__(
            f"{what} can no longer be read. {reasons}{which}",
            hint=f"Restore the file{'s' if several else ''} from a backup or freeze a version "
            f"without {'them' if several else 'it'}.",
        )


class TooManyUploads(DomainError):
    """A person has as many unfinished uploads as one may have (429)."""

    status = 429
    title = "Too many unfinished uploads"
    code = "too_many_uploads"


class DecodersBusy(Unavailable):
    """All places for decoding processes are taken, and were for long (503)."""

    title = "Too many uploads at once"
    code = "decoders_busy"


class ChecksumMismatch(DomainError):
    """A part of an upload arrived damaged (460, as tus has it)."""

    status = 460
    title = "Checksum mismatch"
    code = "checksum_mismatch"


class WrongTusVersion(DomainError):
    """The client speaks another version of tus (412)."""

    status = 412
    title = "Unsupported version of tus"
    code = "wrong_tus_version"


class NoWeights(Conflict):
    """No backbone's weights are on this machine, so only the small descriptor is there (409)."""

    title = "No weights are at hand"
    code = "no_weights"
