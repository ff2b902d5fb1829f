"""What the sheet of a version asks a person, after "Datasheets for Datasets" (Gebru et al.)."""

from common.documents.texts import Asked, Texts
from datasets.models import DatasetVersion, SheetText

MOTIVATION = Asked(
    "motivation",
    "Why it was made",
    "For what purpose was the dataset made, by whom, and who paid for it?",
)
COLLECTION = Asked(
    "collection",
    "How the images were taken",
    "How, where and when were the images taken or gathered, and by which devices or from which "
    "sources?",
)
PEOPLE = Asked(
    "people",
    "People and personal data",
    "Do images show people or anything personal? Did they agree, and what was done about it?",
)
LABELLING = Asked(
    "labelling",
    "How labels were given",
    "What were those who labelled told, and how were doubtful images decided?",
)
KNOWN_GAPS = Asked(
    "known_gaps",
    "What is missing",
    "Which places, seasons, devices, kinds or people should be in the dataset and are not?",
)
USES = Asked(
    "uses", "What it is for", "For what should the dataset be used, and for what should it not?"
)
MAINTENANCE = Asked(
    "maintenance",
    "Who looks after it",
    "Who looks after the dataset, and where can a mistake in it be reported?",
)
ASKED = (MOTIVATION, COLLECTION, PEOPLE, LABELLING, KNOWN_GAPS, USES, MAINTENANCE)


def texts_of(version: DatasetVersion) -> Texts:
    """Return what people wrote of a version, and of the versions of the dataset before it."""
    rows = SheetText.objects.select_related("written_by", "version")
    before = rows.filter(version__dataset=version.dataset_id, version__number__lt=version.number)
    earlier = SheetText.by_field(before.order_by("-version__number"))
    return Texts(
        SheetText.by_field(rows.filter(version=version)),
        earlier,
        {field: f"version {row.version.number}" for field, row in earlier.items()},
    )
