"""What the card of a model version asks a person, after "Model Cards for Model Reporting"."""

from classifier.models import CardText, ModelVersion
from common.documents.parts import Statement
from common.documents.texts import Asked, Texts

INTENDED_USE = Asked(
    "intended_use",
    "Intended use",
    "What is the model to be used for, by whom, and what happens with its answers?",
)
OUT_OF_SCOPE = Asked(
    "out_of_scope_use", "Out-of-scope use", "For what should the model not be used, and why?"
)
LIMITS = Asked(
    "limits",
    "Limits that people know of",
    "Where does the model fail or was never tried: places, devices, seasons, people, kinds?",
)
ETHICS = Asked(
    "ethical_considerations",
    "Who is affected",
    "Whom can a wrong answer harm, how much, and what is done against it?",
)
CONTACT = Asked("contact", "Contact", "Who answers for the model, and where are faults reported?")
ASKED = (INTENDED_USE, OUT_OF_SCOPE, LIMITS, ETHICS, CONTACT)

# What Loupe itself says of the model that comes with it.
_OF_BUILT_IN = {
    "intended_use": "To try predictions and the API without training, and to sort photographs of "
    "everyday things, animals and plants roughly.",
    "out_of_scope_use": "Decisions that matter to anyone. Classes other than its own: train a "
    "model on images of yours.",
    "limits": "It answers one of ImageNet’s 1,000 classes whatever an image shows, and it was "
    "never measured on images of yours.",
    "ethical_considerations": "ImageNet’s photographs came from the web: they show some places and "
    "ways of life far more often than others, and some of them people.",
    "contact": "Who runs this installation of Loupe.",
}


def texts_of(version: ModelVersion) -> Texts:
    """Return what people wrote of a version, and of the versions of the model before it."""
    rows = CardText.objects.select_related("written_by", "model_version")
    before = rows.filter(
        model_version__model=version.model_id, model_version__number__lt=version.number
    )
    earlier = CardText.by_field(before.order_by("-model_version__number"))
    return Texts(
        CardText.by_field(rows.filter(model_version=version)),
        earlier,
        {field: f"version {row.model_version.number}" for field, row in earlier.items()},
    )


class Said:
    """The statements of one version, read once."""

    def __init__(self, version: ModelVersion) -> None:
        self._texts = texts_of(version)
        self._built_in = version.model.built_in

    def __call__(self, asked: Asked) -> Statement:
        """Return the statement."""
        if self._built_in and asked.field in _OF_BUILT_IN:
            return Statement(*asked, text=_OF_BUILT_IN[asked.field])
        return self._texts.said(asked)
