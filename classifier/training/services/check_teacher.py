"""Whether a student can learn from the teacher that its settings name, within its budget."""

from typing import Any

from accounts.models import Organization
from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.distilled import DistilledConfig, DistilledPreset
from classifier.engine.presets.preset import Preset
from classifier.models import ModelVersion
from classifier.training.selectors.teachers import distilled_from, versions_that_teach
from common.errors import FieldError, Invalid
from common.ids import id_in
from datasets.models import DatasetVersion


def checked_teacher(
    organization: Organization, version: DatasetVersion, preset: Preset, config: PresetConfig
) -> dict[str, Any] | None:
    """Return what a run keeps of its teacher; None where its settings are no student's.

    The teacher must be a version of one of the organization's models, with a file, and know the
    classes of the dataset version and no others; a student must fit into the megabytes. Raises
    `Invalid` where that is not so. Whether the store has the file, the worker finds out.
    """
    if not isinstance(preset, DistilledPreset) or not isinstance(config, DistilledConfig):
        return None
    teacher = versions_that_teach(organization).filter(pk=id_in(config.teacher)).first()
    if teacher is None:
        received = f"received “{config.teacher[:80]}”" if config.teacher else "none was given"
        detail = (
            f"teacher must be the id of a version of one of {organization.name}’s models; "
            f"{received}."
        )
        raise _refused("teacher", "no_teacher" if config.teacher else "required", detail)
    _check_classes(teacher, version)
    if teacher.served_file is None:
        detail = f"{teacher} has no model file: name another."
        raise _refused("teacher", "no_file", detail)
    try:
        preset.small_enough(config, version.class_names)
    except InvalidConfig as error:
        [(name, sentence)] = error.errors
        raise _refused(name, "too_small", sentence) from error
    return distilled_from(teacher)


def _check_classes(teacher: ModelVersion, version: DatasetVersion) -> None:
    theirs, asked = set(teacher.class_names), set(version.class_names)
    if theirs == asked:
        return
    lacks, more = sorted(asked - theirs), sorted(theirs - asked)
    what = f"does not know “{lacks[0]}”" if lacks else f"also knows “{more[0]}”"
    detail = (
        f"A teacher must know the classes of the dataset version and no others; {teacher} {what}."
    )
    raise _refused("teacher", "other_classes", detail)


def _refused(name: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/config/{name}", code, detail)])
