"""The page New run, also for clones of a run."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.engine.presets.registry import PRESETS, begin_with
from classifier.models import ModelVersion, TrainingRun
from classifier.pages.forms import (
    NewRunForm,
    add_service_errors,
    hours,
)
from classifier.pages.selectors.preset_groups import preset_choice
from classifier.pages.settings_form import SettingsForm
from classifier.training.errors import PreviewUnderWay
from classifier.training.selectors.presets import (
    Recommendation,
    recommended_preset,
    suggested_config,
)
from classifier.training.selectors.runs import visible_run
from classifier.training.selectors.teachers import teachers_for, version_of_teacher
from classifier.training.selectors.trainable import versions_to_learn_from
from classifier.training.services.preview_augmentation import preview_augmentation
from classifier.training.services.start_training import start_training
from common.errors import DomainError, Invalid, NotFound
from common.ids import id_in
from datasets.errors import UnreadableImage
from datasets.models import DatasetVersion
from datasets.selectors.subgroups import column_names

DEFAULT_PRESET = begin_with("photographs").name


class NewRun(LoginRequiredMixin, View):
    """Chooses a version and a preset, and changes settings."""

    def get(self, request: HttpRequest, run_id: uuid.UUID | None = None) -> HttpResponse:
        source = visible_run(request.user, run_id) if run_id else None
        initial = _initial(request, source)
        form = NewRunForm(request.user, initial=initial)
        settings = SettingsForm(
            initial["preset"],
            initial=_initial_settings(request, initial, source),
            **_named(request, initial["preset"], initial["dataset_version"], source),
        )
        return _page(request, form, settings, source)

    def post(self, request: HttpRequest, run_id: uuid.UUID | None = None) -> HttpResponse:
        source = visible_run(request.user, run_id) if run_id else None
        form = NewRunForm(request.user, request.POST)
        preset = request.POST.get("preset", "")
        preset = preset if preset in PRESETS else DEFAULT_PRESET
        chosen = id_in(request.POST.get("dataset_version", ""))
        settings = SettingsForm(preset, request.POST, **_named(request, preset, chosen, source))
        if not (form.is_valid() & settings.is_valid()):
            return _page(request, form, settings, source, status=422)
        try:
            run = start_training(user=request.user, **form.choices_of_run(), config=settings.sent)
        except Invalid as error:
            add_service_errors(error, form, settings)
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            form.add_error(None, f"{error.detail} {error.hint}".strip())
        else:
            return redirect("classifier:run", run.pk)
        return _page(request, form, settings, source, status=422)


class PresetSettings(LoginRequiredMixin, View):
    """The settings of another preset, for htmx."""

    def get(self, request: HttpRequest) -> HttpResponse:
        preset = request.GET.get("preset", "")
        if preset not in PRESETS:
            raise NotFound("There is no such preset.")
        chosen = id_in(request.GET.get("dataset_version", ""))
        initial = _suggested(request, preset, chosen)
        settings = SettingsForm(preset, initial=initial, **_named(request, preset, chosen))
        context = {"settings": settings, "preset": PRESETS[preset]}
        return render(request, "classifier/training/settings.html", context)


class AugmentationPreview(LoginRequiredMixin, View):
    """Some of the version's images as the settings change them, for htmx."""

    def get(self, request: HttpRequest) -> HttpResponse:
        preset = request.GET.get("preset", "")
        chosen = id_in(request.GET.get("dataset_version", ""))
        version = versions_to_learn_from(request.user).filter(pk=chosen).first()
        if preset not in PRESETS or version is None:
            raise NotFound("There is no such preset or version.")
        settings = SettingsForm(preset, request.GET)
        context: dict[str, Any] = {}
        if not settings.is_valid():
            context["fault"] = "A setting has no value that can be read; it says which below."
        else:
            try:
                context["shown"] = preview_augmentation(
                    user=request.user,
                    dataset_version=version,
                    preset=preset,
                    config=settings.sent,
                )
            except (Invalid, PreviewUnderWay, UnreadableImage) as error:
                context["fault"] = error.detail
        return render(request, "classifier/training/augmentation_preview.html", context)


def _initial(request: HttpRequest, source: TrainingRun | None) -> dict[str, Any]:
    versions = versions_to_learn_from(request.user)
    asked = versions.filter(pk=id_in(request.GET.get("dataset_version", ""))).first()
    wanted = request.GET.get("preset", "")
    if source is not None:
        return {
            "dataset_version": asked.pk if asked else source.dataset_version_id,
            "preset": wanted if wanted in PRESETS else source.preset,
            "model": source.model_id,
            **_time_limit(source),
        }
    version = asked or versions.first()
    before = versions.filter(pk=id_in(request.GET.get("version_before", ""))).first()
    # A choice that followed the recommendation goes on to follow it for another version.
    followed = before is not None and wanted == recommended_preset(before).preset
    if wanted not in PRESETS or followed:
        wanted = recommended_preset(version).preset if version else DEFAULT_PRESET
    return {
        "dataset_version": version.pk if version else None,
        "preset": wanted,
        "model": id_in(request.GET.get("model", "")),
    }


def _time_limit(source: TrainingRun) -> dict[str, float]:
    """Return the limit of a run that is cloned; a run from before there were limits has none."""
    return (
        {"time_limit_hours": hours(source.time_limit_seconds)} if source.time_limit_seconds else {}
    )


def _initial_settings(
    request: HttpRequest, initial: dict[str, Any], source: TrainingRun | None
) -> dict[str, Any] | None:
    """Return what the settings begin with; what was typed, where only the version changes."""
    preset = initial["preset"]
    if preset == request.GET.get("preset") and all(
        f"config-{name}" in request.GET for name in PRESETS[preset].main
    ):
        return {
            name: _typed(request, name, setting)
            for name, setting in PRESETS[preset].config_schema()["properties"].items()
        }
    if source is None or preset != source.preset:
        return _suggested(request, preset, initial["dataset_version"])
    return PRESETS[preset].stored_config(source.config)


def _named(
    request: HttpRequest, preset: str, version_id: Any, source: TrainingRun | None = None
) -> dict[str, Any]:
    """Return what settings may name: columns that divide the version's images, and teachers."""
    version = (
        versions_to_learn_from(request.user).filter(pk=version_id).first() if version_id else None
    )
    if version is None:
        return {}
    known = PRESETS[preset].settings
    return {
        "columns": column_names(version) if "reweight_by" in known else [],
        "teachers": _teachers(request, version, source) if "teacher" in known else [],
    }


def _teachers(
    request: HttpRequest, version: DatasetVersion, source: TrainingRun | None
) -> list[ModelVersion]:
    """Return what the form offers; of a clone also its own teacher, if that is still there."""
    found = teachers_for(request.user, version)
    own = version_of_teacher(source) if source is not None else None
    return found if own is None or own in found else [*found, own]


def _suggested(request: HttpRequest, preset: str, version_id: Any) -> dict[str, Any]:
    """Return the settings that the version's images ask for, where the defaults do not suit."""
    if version_id is None:
        return {}
    version = versions_to_learn_from(request.user).filter(pk=version_id).first()
    return suggested_config(PRESETS[preset], version) if version else {}


def _changed(form: NewRunForm, source: TrainingRun | None) -> str:
    """Return what the settings of a run that is cloned are called today, where that differs."""
    if source is None or form.is_bound or form["preset"].value() != source.preset:
        return ""
    return PRESETS[source.preset].stored_note(source.config)


def _typed(request: HttpRequest, name: str, setting: dict[str, Any]) -> Any:
    # Not sent are a box that is not ticked, and what has no effect.
    key = f"config-{name}"
    return (
        key in request.GET
        if setting["type"] == "boolean"
        else request.GET.get(key, setting["default"])
    )


def _recommended(request: HttpRequest, form: NewRunForm) -> Recommendation | None:
    """Return what suits the version that the form stands on; None where there is none."""
    chosen = id_in(str(form["dataset_version"].value()))
    version = versions_to_learn_from(request.user).filter(pk=chosen).first()
    return recommended_preset(version) if version else None


def _page(
    request: HttpRequest,
    form: NewRunForm,
    settings: SettingsForm,
    source: TrainingRun | None,
    status: int = 200,
) -> HttpResponse:
    recommended = _recommended(request, form)
    context = {
        "form": form,
        "settings": settings,
        "choice": preset_choice(recommended, form["preset"].value()),
        "chosen": form["preset"].value(),
        "source": source,
        "changed": _changed(form, source),
        "has_versions": versions_to_learn_from(request.user).exists(),
    }
    return render(request, "classifier/training/new_run.html", context, status=status)
