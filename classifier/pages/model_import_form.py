"""The form in which a person says what a foreign model is."""

from typing import Any

from django import forms

from accounts.models import Organization, User
from accounts.roles import Role
from classifier.engine.foreign import limits
from classifier.engine.foreign.scaling import SCALINGS, Input
from classifier.models import RegisteredModel
from classifier.registry.services.importing.class_names import clean_names
from classifier.registry.services.importing.start_import import Wish
from common.forms import TextField
from datasets.models import Dataset
from datasets.selectors.datasets import visible_datasets

_MOST_DATASETS = 200
_FITS = [
    ("stretch", "Sides scaled separately"),
    ("crop", "Middle cut out"),
    ("pad", "Filled up with grey bars"),
]


class ModelImportForm(forms.Form):
    """File, class names, what goes in, and where the result goes."""

    file = forms.FileField(
        label="The model's file",
        help_text="A .keras file of Keras 3: model.save('model.keras').",
        widget=forms.FileInput(attrs={"accept": ".keras"}),
    )
    class_names = TextField(
        label="Class names, one a line",
        help_text="In the order of the network's outputs. Keras takes folders in alphabetical "
        "order (image_dataset_from_directory). A network of one output has two classes: 0, then 1.",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    scaling = forms.ChoiceField(
        label="How pixels were scaled before they went into the network",
        choices=[(each.name, f"{each.title}: {each.formula}") for each in SCALINGS.values()],
        widget=forms.RadioSelect,
    )
    channels = forms.ChoiceField(
        label="Order of the colours",
        required=False,
        choices=[("", "The usual one of that scaling"), ("rgb", "RGB"), ("bgr", "BGR")],
    )
    size = forms.IntegerField(
        label="Side of the images, in pixels",
        required=False,
        min_value=limits.SMALLEST_SIDE,
        max_value=limits.LARGEST_SIDE,
        help_text="Leave empty if the file says it.",
    )
    fit = forms.ChoiceField(
        label="An image that is not square",
        choices=_FITS,
        help_text="As in training; image_dataset_from_directory scales sides separately.",
    )
    dataset = forms.ModelChoiceField(
        queryset=Dataset.objects.none(),
        required=False,
        label="Try it on images of",
        empty_label="No dataset",
        help_text="Up to 32 labelled images show whether scaling and class names are right.",
    )
    model = forms.ModelChoiceField(
        queryset=RegisteredModel.objects.none(),
        required=False,
        empty_label="A new model",
        help_text="The model whose next version this becomes.",
    )
    name = TextField(
        max_length=120,
        required=False,
        label="Name of the new model",
        help_text="If empty, the file's name.",
    )
    organization = forms.ModelChoiceField(
        Organization.objects.none(), required=False, empty_label="My own"
    )

    columns = ("channels", "size", "fit", "dataset", "model", "name", "organization")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        datasets = visible_datasets(user)
        models = RegisteredModel.objects.for_user(user, Role.EDITOR).filter(archived_at=None)
        organizations = Organization.objects.for_user(user, Role.EDITOR).order_by("name")
        self.fields["dataset"].queryset = datasets  # type: ignore[attr-defined]
        self.fields["model"].queryset = models.order_by("name")  # type: ignore[attr-defined]
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]

    def clean_class_names(self) -> list[str]:
        """Return the names; empty lines at the end are none."""
        lines = self.cleaned_data["class_names"].strip().splitlines()
        try:
            return clean_names(lines)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def wish(self) -> Wish:
        """Return what the service takes."""
        values = self.cleaned_data
        scaling = values["scaling"]
        given = Input(
            size=values["size"],
            scaling=scaling,
            channels=values["channels"] or SCALINGS[scaling].channels,
        )
        return Wish(
            class_names=values["class_names"],
            given=given,
            fit=values["fit"],
            model=values["model"],
            organization=None if values["model"] else values["organization"],
            name="" if values["model"] else values["name"],
            dataset=values["dataset"],
        )
