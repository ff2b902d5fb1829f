"""Keep a file that a worker made of a model version."""

from pathlib import Path

from classifier.engine.measure.export_parity import ExportParity
from classifier.engine.outcome import FileFacts
from classifier.models import ModelExport
from storage import durable
from storage.names import model_file_name


def store_export(
    *, export: ModelExport, path: Path, facts: FileFacts, parity: ExportParity, is_new: bool
) -> None:
    """Record the file and how it answers, in the transaction that ends the job.

    One that `is_new` moves to its version; training left the other there.
    """
    export.file = {"name": path.name, **facts}
    export.parity = parity.to_json()
    export.save(update_fields=["file", "parity"])
    if is_new:
        name = model_file_name(export.model_version_id, path.name)
        durable.take_over(path, name, facts["sha256"])
