"""The model that comes with Loupe: rows without an organization, made after every migration."""

import uuid
from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps
from django.core.exceptions import FieldDoesNotExist

from classifier.engine.backbones.imagenet_names import class_names

MODEL_ID = uuid.UUID("b6c0a1de-0000-4000-8000-000000000001")
# The first version. Where an older Loupe has made it of MobileNetV2, NEXT_ID is EfficientNet-Lite0.
VERSION_ID = uuid.UUID("b6c0a1de-0000-4000-8000-000000000002")
NEXT_ID = uuid.UUID("b6c0a1de-0000-4000-8000-000000000003")
NAME = "ImageNet (EfficientNet-Lite0)"
DESCRIPTION = "Knows 1,000 everyday things, animals and plants, and needs no training."
PRESET = "efficientnet_lite0"
_LIVE = "champion"


def ensure_built_in_models(using: str, apps: Apps = installed_apps, **signal: Any) -> None:
    """Insert what is missing; a receiver of `post_migrate`, so it works on the migrated state.

    `manage.py flush` sends that signal without `apps`. The file is made when the model is first
    used (`classifier.prediction.serving.built_in`).
    """
    try:
        registered = apps.get_model("classifier", "RegisteredModel")
        versions = apps.get_model("classifier", "ModelVersion")
        apps.get_model("classifier", "AliasChange")._meta.get_field("number")
    except (LookupError, FieldDoesNotExist):  # migrated back to nothing, or to an older state
        return
    model, _ = registered.objects.using(using).get_or_create(id=MODEL_ID)
    # An older Loupe said something else of it.
    registered.objects.using(using).filter(id=MODEL_ID).update(name=NAME, description=DESCRIPTION)
    own = versions.objects.using(using).filter(model=model)
    # Made of MobileNetV2 by none yet: it becomes this one, before anything was asked of it.
    own.filter(id=VERSION_ID, files={}).update(preset=PRESET)
    # Its classes are known before its file is made.
    own.filter(preset=PRESET, files={}).update(class_names=class_names())
    if not own.filter(preset=PRESET).exists():
        _add_version(apps, using, model, number=own.count() + 1)


def _add_version(apps: Apps, using: str, model: Any, number: int) -> None:
    version = apps.get_model("classifier", "ModelVersion").objects.using(using).create(
        id=VERSION_ID if number == 1 else NEXT_ID,
        model=model,
        number=number,
        class_names=class_names(),
        preset=PRESET,
        config={},
        libraries={},
        code_version="",
        files={},
    )  # fmt: skip
    aliases = apps.get_model("classifier", "ModelAlias").objects.using(using)
    live = aliases.filter(model=model, alias=_LIVE)
    previous = live.values_list("version__number", flat=True).first()
    aliases.update_or_create(model=model, alias=_LIVE, defaults={"version": version})
    changes = apps.get_model("classifier", "AliasChange").objects.using(using)
    changes.create(
        model=model,
        number=changes.filter(model=model).count() + 1,
        alias=_LIVE,
        version_number=number,
        previous_number=previous,
        reason="Comes with Loupe.",
    )
