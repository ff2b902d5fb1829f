"""The pages of ensembles."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import Role
from classifier.engine.measure.ensemble import EnsembleResult
from classifier.engine.measure.intervals import percent
from classifier.experiments.services.plans.ensemble import BAGGING, FEWEST, MOST
from classifier.experiments.services.plans.learning_curve import DEFAULT_PRESET, quick_presets
from classifier.models import EvaluationReport, Experiment, ModelVersion
from classifier.pages.experiment_kinds.fields import preset_choices
from classifier.pages.experiment_kinds.page import ExperimentForm, KindPage
from common.ids import id_in
from datasets.models import Split

# So many of the newest versions are offered, besides those that the address names.
MOST_OFFERED = 100

_METHODS = (
    ("average", "Average: the mean of what calibrated members say"),
    ("weighted", "Weighted: a mean with weights that suit the validation images"),
    ("stacking", "Stacking: a small model learns from the validation images whom to believe when"),
    (BAGGING, "Bagging: one preset, trained on several samples of the train images"),
)


class _MembersField(forms.ModelMultipleChoiceField):
    """Model versions, each with what it is right about."""

    accuracies: dict[uuid.UUID, str]

    def label_from_instance(self, version: ModelVersion) -> str:
        """Return the line that people choose from."""
        said = self.accuracies.get(version.pk, "not measured")
        return f"{version} · {version.preset} · {said} · {len(version.class_names):,} classes"


class EnsembleForm(ExperimentForm):
    """How, and of what."""

    columns = ("preset", "count")

    method = forms.ChoiceField(choices=_METHODS, widget=forms.RadioSelect, initial="average")
    members = _MembersField(
        queryset=ModelVersion.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=f"{FEWEST} to {MOST} versions of the same classes. Models of different kinds "
        "help each other most; those on one frozen network share its time.",
    )
    preset = forms.ChoiceField(
        choices=lambda: preset_choices(quick_presets()),
        initial=DEFAULT_PRESET,
        help_text="One that learns in seconds.",
    )
    count = forms.IntegerField(
        min_value=FEWEST,
        max_value=MOST,
        initial=5,
        label="Samples",
        help_text="Each gives a member.",
    )

    def __init__(self, request: HttpRequest, data: Any = None, **options: Any) -> None:
        super().__init__(request, data, **options)
        if self.is_bound:
            bagging = self["method"].value() == BAGGING
            for name in ("members", "preset", "count"):
                self.fields[name].required = bagging is (name != "members")
        chosen = self["members"].value()
        field = self.fields["members"]
        field.queryset = _offered(self.user, [id_in(str(each)) for each in chosen or ()])  # type: ignore[attr-defined]
        field.accuracies = _accuracies(field.queryset)  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, request: HttpRequest) -> dict[str, Any]:
        """Return what the address asks: each `run` stands for its version, each `member` for one.

        The dataset version is that of the first, unless the address names one.
        """
        runs = [id_in(each) for each in request.GET.getlist("run")]
        named = [id_in(each) for each in request.GET.getlist("member")]
        visible = ModelVersion.objects.for_user(request.user)
        found = {
            each.training_run_id or each.pk: each for each in visible.filter(training_run__in=runs)
        }
        found |= {each.pk: each for each in visible.filter(pk__in=named)}
        chosen = [found[each] for each in [*runs, *named] if each in found]
        asked = super().initial_of(request)["dataset_version"]
        version = asked or next((each.dataset_version_id for each in chosen), "")
        return {"dataset_version": version, "members": [each.pk for each in chosen]}

    def values(self) -> dict[str, Any]:
        """Return what the chosen method takes: the form shows nothing else."""
        values = super().values()
        if values["method"] == BAGGING:
            return {"method": BAGGING, "preset": values["preset"], "count": values["count"]}
        order = [str(each) for each in self["members"].value() or ()]
        members = sorted(values["members"], key=lambda each: order.index(str(each.pk)))
        return {"method": values["method"], "members": members}


def _offered(user: User, chosen: list[uuid.UUID]) -> Any:
    editable = ModelVersion.objects.for_user(user, Role.EDITOR).filter(
        model__organization__isnull=False
    )
    newest = editable.filter(model__archived_at=None).order_by("-created_at", "-id")
    ids = [*chosen, *newest.values_list("pk", flat=True)[:MOST_OFFERED]]
    return editable.filter(pk__in=ids).select_related("model").order_by("-created_at", "-id")


def _accuracies(versions: Any) -> dict[uuid.UUID, str]:
    """Return how right each version was on its newest test split, in words; by its id."""
    reports = (
        EvaluationReport.objects.as_it_answers()
        .filter(model_version__in=versions, split=Split.TEST, metrics__isnull=False)
        .select_related("dataset_version__dataset")
        .summarized()
        .order_by("created_at", "id")
    )
    return {
        report.model_version_id: f"{percent(report.summary.accuracy)} on {report.dataset_version}"
        for report in reports
        if report.summary is not None
    }


def _shown(experiment: Experiment) -> dict[str, Any]:
    names = experiment.settings["names"]
    if experiment.result is None:
        return {"result": None, "names": names}
    result = EnsembleResult.from_json(experiment.result)
    there = ModelVersion.objects.filter(
        pk__in=[each.model_version for each in result.members if each.model_version]
    )
    ids = {str(pk) for pk in there.values_list("pk", flat=True)}
    return {
        "result": result,
        "rows": [
            {
                "figures": each,
                "is_best": each is result.best_member,
                "is_there": each.model_version in ids,
                "rate": 1000 / each.milliseconds,
            }
            for each in result.members
        ],
        "rate": 1000 / result.ensemble.milliseconds,
        "stacked": result.members[0].weight is None,
        "method": dict(_METHODS)[result.method].partition(":")[0],
    }


def _headline(experiment: Experiment) -> str:
    if experiment.result is None:
        return ""
    result = EnsembleResult.from_json(experiment.result)
    sure = "" if result.significant else ", could be chance"
    return f"{percent(result.ensemble.accuracy)} ({100 * result.gain:+.1f} points{sure})"


PAGE = KindPage(form=EnsembleForm, shown=_shown, headline=_headline)
