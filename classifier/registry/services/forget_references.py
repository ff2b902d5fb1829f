"""Take an image's vector out of what a version's decisions are told from."""

import hashlib
import io

import numpy as np

from classifier.models import Decision
from classifier.models.decision import REFERENCES_FILE
from classifier.registry.services.decision import apply_wish
from storage import durable
from storage.names import model_file_name

_DIGEST_BYTES = 32


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
    vectors = np.load(io.BytesIO(durable.read(name)))
    if len(vectors) == len(digests):
        vectors = np.delete(vectors, gone, axis=0)
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
