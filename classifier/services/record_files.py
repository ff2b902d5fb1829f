"""Write down what a ready-made version is made of, and files that were refused."""

from typing import Any

from accounts.models import User
from accounts.services import audit
from classifier.models import ModelVersion


def record_ready_made_files(*, version: ModelVersion, facts: dict[str, Any]) -> ModelVersion:
    """Record files, class names and libraries of a version that had none, and return it.

    `facts` is what `classifier.serving.build_ready_made` prints. Where another worker was first,
    its record stands.
    """
    ModelVersion.objects.filter(pk=version.pk, files={}).update(
        files=facts["files"],
        class_names=facts["class_names"],
        libraries=facts["libraries"],
        parity=facts["parity"],
    )
    return ModelVersion.objects.get(pk=version.pk)


def record_refused_file(*, version: ModelVersion, actor: User | None, reason: str) -> None:
    """Write to the audit log that a model file is not the one that was registered."""
    audit.record(
        actor=actor,
        action="model_version.file_refused",
        target=version,
        organization=version.model.organization,
        reason=reason,
    )
