"""What the pages need of a kind of experiment: its form, and what its result shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from accounts.models import User
from classifier.models import Experiment
from classifier.pages.forms import VersionField
from classifier.training.selectors.trainable import trainable_versions
from common.forms import TextField
from datasets.models import DatasetVersion


class ExperimentForm(forms.Form):
    """What every kind asks; a kind adds its own fields.

    ``columns`` names the fields that stand side by side, the others stand above them.
    """

    columns: ClassVar[tuple[str, ...]] = ()

    dataset_version = VersionField(
        queryset=DatasetVersion.objects.none(),
        label="Dataset version",
        empty_label="Choose a version",
    )
    name = TextField(
        max_length=120, required=False, help_text="Made from the rest when left empty."
    )

    def __init__(self, request: HttpRequest, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.user: User = request.user  # type: ignore[assignment]
        self.fields["dataset_version"].queryset = trainable_versions(self.user)  # type: ignore[attr-defined]
        self.order_fields([*(n for n in self.fields if n != "name"), "name"])

    @property
    def note(self) -> str:
        """What a person should know before the fields; empty for nothing."""
        return ""

    @classmethod
    def initial_of(cls, request: HttpRequest) -> dict[str, Any]:
        """Return what the form begins with, as the address asks."""
        return {"dataset_version": request.GET.get("dataset_version", "")}

    def values(self) -> dict[str, Any]:
        """Return the kind's own values for the service, of a valid form."""
        shared = ("dataset_version", "name")
        return {name: value for name, value in self.cleaned_data.items() if name not in shared}


@dataclass(frozen=True, kw_only=True)
class KindPage:
    """One kind on the pages; a module beside this one states it as ``PAGE``.

    ``shown(experiment)`` returns what ``classifier/experiments/kinds/<kind>.html`` draws, as
    ``shown``; ``headline(experiment)`` the one figure of the list (empty before there is one).
    """

    form: type[ExperimentForm]
    shown: Callable[[Experiment], dict[str, Any]]
    headline: Callable[[Experiment], str]
