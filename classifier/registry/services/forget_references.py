"""Take an image's vector out of what a version's decisions are told from."""

import hashlib
import io

import numpy as np
import numpy.typing as npt

from classifier.models import Decision
from classifier.models.decision import REFERENCES_FILE
from classifier.registry.services.decision import apply_wish
from storage import durable
from storage.names import model_file_name

_DIGEST_BYTES = 32


class UnknownVectors(Exception):
    """A file of vectors that is neither what was measured nor what is left of it."""


def forget_references(*, decision: Decision, sha256: str) -> int:
    """Remove the training vectors of a content from a decision; return how many there were.

    The rule stays what the version's wish makes of the validation answers, told from the vectors
    that are left. In the caller's transaction, which has locked the row. Safe to repeat: the file
    may be written though the transaction is not through.
    """
    contents = bytes(decision.contents or b"")
    digests = np.frombuffer(contents, np.uint8).reshape(-1, _DIGEST_BYTES)
    gone = np.flatnonzero((digests == np.frombuffer(bytes.fromhex(sha256), np.uint8)).all(axis=1))
    if not len(gone) or decision.references is None:
        return 0
    name = model_file_name(decision.model_version_id, REFERENCES_FILE)
    vectors = _without(decision, b"".join(durable.blocks(name)), gone)
    stream = io.BytesIO()
    np.save(stream, vectors)
    content = stream.getvalue()
    durable.write(name, [content])
    decision.references = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    decision.contents = np.delete(digests, gone, axis=0).tobytes()
    decision.starts = [start - int((gone < start).sum()) for start in decision.starts]
    apply_wish(decision, decision.model_version)
    decision.save()
    return len(gone)


def _without(
    decision: Decision, content: bytes, gone: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Return the vectors of a decision's file but for these rows.

    `content` comes past any machine's copy. It is the file that the row names, or what an attempt
    at this very forgetting has written whose transaction did not end.
    """
    found: npt.NDArray[np.float32] = np.load(io.BytesIO(content))
    if decision.references and hashlib.sha256(content).hexdigest() == decision.references["sha256"]:
        return np.delete(found, gone, axis=0)
    rows = len(bytes(decision.contents or b"")) // _DIGEST_BYTES
    if len(found) != rows - len(gone):
        raise UnknownVectors(
            f"The training vectors of {decision.model_version} are not those that were measured: "
            f"{len(found):,} rows instead of {rows:,}. Remove its decision and set it again."
        )
    return found
