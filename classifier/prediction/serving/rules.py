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
_MOST = 10_000
# By the name of a rule, the SHA-256 of its vectors: the name stands for both.
_vectors: dict[str, str] = {}


def rule_header(version_id: str, rule_name: str) -> Header | None:
    """Return where the model process finds a rule and its training vectors.

    Where the rule has changed since it was asked for, that one; None where there is none now.
    """
    if not rule_name:
        return None
    references = _references(version_id, rule_name)
    if references is None or not _path(rule_name).exists():
        rule_name = _written(version_id)
        if not rule_name:
            return None
        # Where they are lost, the model process says so of this name.
        references = _references(version_id, rule_name) or Path(REFERENCES_FILE)
    return {
        "name": rule_name,
        "path": str(_path(rule_name)),
        "references": str(references) if with_vectors(rule_name) else "",
    }


def _references(version_id: str, rule_name: str) -> Path | None:
    """Return where the vectors of a rule lie, by their hash; None where they are not known here.

    Of a rule without vectors it is a path that is not used.
    """
    if not with_vectors(rule_name):
        return Path(REFERENCES_FILE)
    sha256 = _vectors.get(rule_name)
    if sha256 is None:
        return None
    path = durable.local_content(model_file_name(version_id, REFERENCES_FILE), sha256)
    return path if path.is_file() else None


def _written(version_id: str) -> str:
    """Write the rule that the version has now; return its name, empty where it has none."""
    rows = Decision.objects.filter(model_version=uuid.UUID(version_id)).exclude(rule_name="")
    decision = rows.only("rule", "rule_name", "references").first()
    if decision is None:
        return ""
    path = _path(decision.rule_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as part:
        part.write_bytes(decision.rule_content)
    _sweep(path.parent)
    if decision.references is not None:
        if len(_vectors) >= _MOST:
            _vectors.clear()
        _vectors[decision.rule_name] = decision.references["sha256"]
    return decision.rule_name


def _sweep(folder: Path) -> None:
    """Remove what is old; a rule that is still in use is written again when it is asked for."""
    oldest = time.time() - _KEEP_SECONDS
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _path(rule_name: str) -> Path:
    return scratch.rules_dir() / f"{rule_name}.json"
