"""Where this machine has the rules that decide: written from rows when first asked for."""

import time
import uuid
from contextlib import suppress
from pathlib import Path

from classifier.engine.files import written_whole
from classifier.models import Decision
from classifier.models.decision import REFERENCES_FILE, with_vectors
from classifier.prediction.serving.frames import Header
from storage import durable, scratch
from storage.names import model_file_name

_KEEP_SECONDS = 30 * 24 * 3600


def rule_header(version_id: str, rule_name: str) -> Header | None:
    """Return where the model process finds a rule and its training vectors.

    Where the rule has changed since it was asked for, that one; None where there is none now.
    """
    if not rule_name:
        return None
    path = _path(rule_name)
    if not path.exists():
        row = Decision.objects.filter(model_version_id=uuid.UUID(version_id)).exclude(rule_name="")
        decision = row.only("rule", "rule_name").first()
        if decision is None:
            return None
        rule_name, path = decision.rule_name, _path(decision.rule_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part:
            part.write_bytes(decision.rule_content)
        _sweep(path.parent)
    vectors = with_vectors(rule_name)
    references = durable.local(model_file_name(version_id, REFERENCES_FILE)) if vectors else None
    return {
        "name": rule_name,
        "path": str(path),
        "references": str(references) if references else "",
    }


def _sweep(folder: Path) -> None:
    """Remove what is old; a rule that is still in use is written again when it is asked for."""
    oldest = time.time() - _KEEP_SECONDS
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _path(rule_name: str) -> Path:
    return scratch.rules_dir() / f"{rule_name}.json"
