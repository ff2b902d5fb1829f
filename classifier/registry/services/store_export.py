"""Keep a file that a worker made of a model version."""

from pathlib import Path

from classifier.engine.outcome import FileFacts, Parity
from classifier.models import ModelExport
from storage import durable
from storage.names import model_file_name


def store_export(*, export: ModelExport, path: Path, facts: FileFacts, parity: Parity) -> None:
    """Move the file to its version and record it, in the transaction that ends the job."""
    export.file = {"name": path.name, **facts}
    export.parity = dict(parity)
    export.save(update_fields=["file", "parity"])
    durable.take_over(path, model_file_name(export.model_version_id, path.name))
