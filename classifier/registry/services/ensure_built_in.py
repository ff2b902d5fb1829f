"""The models that come with Loupe: rows without an organization, made after every migration."""

import uuid
from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps

MODEL_ID = uuid.UUID("b6c0a1de-0000-4000-8000-000000000001")
VERSION_ID = uuid.UUID("b6c0a1de-0000-4000-8000-000000000002")
NAME = "ImageNet (MobileNetV2)"
DESCRIPTION = "Knows 1,000 everyday things, animals and plants, and needs no training."


def ensure_built_in_models(using: str, apps: Apps = installed_apps, **signal: Any) -> None:
    """Insert what is missing; a receiver of `post_migrate`, so it works on the migrated state.

    `manage.py flush` sends that signal without `apps`. The files are made when the model is first
    used (`classifier.prediction.serving.built_in`).
    """
    try:
        registered = apps.get_model("classifier", "RegisteredModel")
        versions = apps.get_model("classifier", "ModelVersion")
        aliases = apps.get_model("classifier", "ModelAlias")
        changes = apps.get_model("classifier", "AliasChange")
    except LookupError:  # migrated back to nothing
        return
    model, created = registered.objects.using(using).get_or_create(
        id=MODEL_ID, defaults={"name": NAME, "description": DESCRIPTION}
    )
    if not created:
        # An older Loupe said something else of it.
        registered.objects.using(using).filter(id=MODEL_ID).update(description=DESCRIPTION)
        return
    version = versions.objects.using(using).create(
        id=VERSION_ID,
        model=model,
        number=1,
        class_names=[],
        preset="mobilenet_v2",
        config={},
        libraries={},
        code_version="",
        files={},
    )
    aliases.objects.using(using).create(model=model, alias="champion", version=version)
    changes.objects.using(using).create(
        model=model, alias="champion", version=version, reason="Comes with Loupe."
    )
