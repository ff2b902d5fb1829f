"""Reading what was, or can be, made of model versions on request."""

import uuid
from dataclasses import dataclass
from typing import Any, TypedDict

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.engine.presets.registry import PRESETS
from classifier.models import ModelExport, ModelVersion
from classifier.models.fast_mode import FAST_FILE

KERAS = "keras"
# The formats that are made on request, and the file of each.
FILES = {KERAS: "model.keras"}


class File(TypedDict):
    """A file's content hash (hexadecimal) and size."""

    sha256: str
    bytes: int


def visible_exports(user: User) -> TenantQuerySet:
    """Return the exports that `user` may see, newest first."""
    exports = ModelExport.objects.for_user(user).select_related("job", "model_version__model")
    return exports.order_by("-created_at", "-id")


def visible_export(user: User, export_id: uuid.UUID) -> ModelExport:
    """Return one export; raises `NotFound` for one that `user` may not see."""
    return visible_exports(user).get_visible(export_id)


def files_of(version: ModelVersion) -> dict[str, File]:
    """Return what can be downloaded by name: the registered files, and those made on request."""
    exports = version.exports.all()
    made = {each.file["name"]: _facts(each.file) for each in exports if each.file is not None}
    fast = getattr(version, "fast_mode", None)
    if fast is not None and fast.file is not None:
        made[FAST_FILE] = _facts(fast.file)
    return {**version.files, **made}


def makeable(version: ModelVersion) -> list[str]:
    """Return the formats that can be made on request: of a head, whose training needed no Keras."""
    preset = PRESETS.get(version.preset)
    of_run = version.training_run_id is not None
    is_head = of_run and preset is not None and preset.kind == "transfer"
    return [name for name, file in FILES.items() if is_head and file not in version.files]


@dataclass(frozen=True)
class Unmade:
    """A file that can be made on request: `export` is the request under way, or the last failed."""

    name: str
    format: str
    export: ModelExport | None

    @property
    def under_way(self) -> bool:
        """Whether it is being made now, or waits for its turn."""
        return self.export is not None and not self.export.job.is_terminal


def unmade_files(version: ModelVersion) -> list[Unmade]:
    """Return the files of a version that are made on request and are not there yet."""
    rows = ModelExport.objects.filter(model_version=version).select_related("job")
    exports = {each.format: each for each in rows}
    return [
        Unmade(FILES[name], name, exports.get(name))
        for name in makeable(version)
        if name not in exports or exports[name].file is None
    ]


def _facts(file: dict[str, Any]) -> File:
    return {"sha256": file["sha256"], "bytes": file["bytes"]}
