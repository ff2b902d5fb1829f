"""The form in which a person says which images a model is asked about."""

import uuid
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User
from classifier.batches.serializers.start import SPLITS
from classifier.batches.services.start_batch import (
    start_on_archive,
    start_on_dataset,
    start_on_version,
)
from classifier.models import BatchPrediction, BatchSource, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.pages.forms import VersionField
from classifier.registry.selectors.models import readable_models, version_to_serve
from classifier.training.selectors.trainable import versions_to_learn_from
from common.errors import FieldError, Invalid
from datasets.models import Dataset, DatasetVersion, Split
from datasets.selectors.datasets import readable_datasets
from datasets.selectors.gallery import Filters

_MOST = 200
_AS_THEY_ARE = "The images that you have selected are asked about as they are."
_HAVE_A_CLASS = "The images of the gallery that you came from all have a class."


class _ModelField(forms.ModelChoiceField):
    def label_from_instance(self, model: RegisteredModel) -> str:
        owner = "built in" if model.built_in else str(model.organization)
        return f"{model.name} · {owner}"


class BatchForm(forms.Form):
    """A model and images: of a zip, of a dataset (filtered, or some of them), of a version."""

    model = _ModelField(queryset=RegisteredModel.objects.none(), empty_label="Choose a model")
    version = forms.IntegerField(
        required=False, min_value=1, label="Version", help_text="Leave empty for the live one."
    )
    source = forms.ChoiceField(
        label="Images",
        choices=[
            (BatchSource.ARCHIVE.value, "A zip"),
            (BatchSource.DATASET.value, "A dataset"),
            (BatchSource.DATASET_VERSION.value, "A dataset version"),
        ],
        widget=forms.RadioSelect,
    )
    archive = forms.FileField(
        required=False,
        label="The zip",
        help_text="Folders are no classes here; names in the results have them. Images are kept "
        "without metadata, as long as the results.",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )
    dataset = forms.ModelChoiceField(
        queryset=Dataset.objects.none(), required=False, empty_label="Choose a dataset"
    )
    unlabelled = forms.BooleanField(required=False, label="Only images without a class")
    dataset_version = VersionField(
        queryset=DatasetVersion.objects.none(),
        required=False,
        label="Dataset version",
        empty_label="Choose a version",
    )
    split = forms.ChoiceField(
        required=False, choices=[("", "All splits"), *((name, name) for name in SPLITS)]
    )
    # As the gallery's address has it; ids with commas between them.
    filter = forms.CharField(required=False, widget=forms.HiddenInput)
    images = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self._limit("model", readable_models(user).filter(archived_at=None, version_count__gt=0))
        self._limit("dataset", readable_datasets(user))
        self._limit("dataset_version", versions_to_learn_from(user))

    def _limit(self, name: str, rows: Any) -> None:
        """Offer the first few; one that an address names is always among them."""
        named = self.data.get(name) or self.initial.get(name)
        ids = list(rows.values_list("pk", flat=True)[:_MOST])
        chosen = _uuid(named)
        field: Any = self.fields[name]
        field.queryset = rows.filter(pk__in=[*ids, *([chosen] if chosen else [])])

    @property
    def filters(self) -> Filters:
        """What the gallery showed from which a person came; empty for a whole dataset."""
        text = self.data.get("filter") or self.initial.get("filter") or ""
        return Filters.from_query(QueryDict(str(text).removeprefix("?")).dict())

    @property
    def image_count(self) -> int:
        """How many images a person has chosen one by one."""
        text = self.data.get("images") or self.initial.get("images") or ""
        return len([part for part in str(text).split(",") if part])

    def clean(self) -> dict[str, Any]:
        """Refuse where what was chosen is not there."""
        values: dict[str, Any] = super().clean() or {}
        source = values.get("source")
        if source and not values.get(source):
            self.add_error(source, "Choose one, or say above that the images come from elsewhere.")
        if values.get("unlabelled") and values.get("images"):
            self.add_error("unlabelled", _AS_THEY_ARE)
        elif values.get("unlabelled") and (self.filters.annotated or self.filters.class_name):
            self.add_error("unlabelled", _HAVE_A_CLASS)
        return values

    def start(self) -> BatchPrediction:
        """Start the batch; raises what the services raise."""
        values = self.cleaned_data
        chosen = {"number": values["version"]} if values["version"] else {}
        version = version_to_serve(self._user, values["model"].pk, alias=CHAMPION, **chosen)
        who: dict[str, Any] = {"user": self._user, "version": version}
        if values["source"] == BatchSource.ARCHIVE:
            archive = values["archive"]
            return start_on_archive(archive=archive, archive_name=archive.name or "", **who)
        if values["source"] == BatchSource.DATASET_VERSION:
            split = next((each for each in Split if each.label == values["split"]), None)
            return start_on_version(dataset_version=values["dataset_version"], split=split, **who)
        if images := self._images():
            return start_on_dataset(dataset=values["dataset"], images=images, **who)
        filters = self.filters
        if values["unlabelled"]:
            filters = replace(filters, annotated=False)
        return start_on_dataset(dataset=values["dataset"], filters=filters, **who)

    def _images(self) -> list[uuid.UUID] | None:
        parts = [part for part in self.cleaned_data["images"].split(",") if part]
        found = [_uuid(part) for part in parts]
        if None in found:
            detail = "One of the chosen images has no id of ours. Choose them again."
            raise Invalid(detail, errors=[FieldError("/images", "invalid", detail)])
        return [each for each in found if each is not None] or None


class AdditionForm(forms.Form):
    """Where accepted answers go, and what accepts them."""

    dataset = forms.ModelChoiceField(
        queryset=Dataset.objects.none(), empty_label="Choose a dataset"
    )
    least_percent = forms.FloatField(
        required=False,
        min_value=1,
        max_value=100,
        label="At least so probable, in percent",
        widget=forms.NumberInput(attrs={"step": "any", "placeholder": "95"}),
    )

    def __init__(self, batch: BatchPrediction, datasets: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: Any = self.fields["dataset"]
        own.queryset = datasets.filter(organization=batch.organization_id)
        least = self.fields["least_percent"]
        if batch.rule is None:
            least.required = True
            least.help_text = (
                "The version had no decision when the batch began: say how probable an answer must "
                "be at least."
            )
        else:
            least.help_text = (
                "Leave it empty to take the answers that the version's decision accepts."
            )

    def chosen(self) -> dict[str, Any]:
        """Return the dataset and the least probability, 0 to 1, as the service takes them."""
        percent = self.cleaned_data["least_percent"]
        least = None if percent is None else percent / 100
        return {"dataset": self.cleaned_data["dataset"], "least_probability": least}


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value)) if value else None
    except ValueError:
        return None
