"""Write down what a built-in version is made of."""

from typing import Any

from classifier.models import ModelVersion


def record_built_in_files(*, version: ModelVersion, facts: dict[str, Any]) -> ModelVersion:
    """Record files, class names and libraries of a version that had none, and return it.

    `facts` is what `classifier.prediction.serving.build_built_in` prints. Where another worker
    was first, its record stands.
    """
    ModelVersion.objects.filter(pk=version.pk, files={}).update(
        files=facts["files"],
        class_names=facts["class_names"],
        libraries=facts["libraries"],
    )
    return ModelVersion.objects.get(pk=version.pk)
