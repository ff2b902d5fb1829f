"""What each kind of finding means, how bad it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from datasets.analysis.balance import FEWEST, IMBALANCED
from datasets.models import FindingKind


class Severity(StrEnum):
    """How bad a finding is: high spoils reports, medium spoils training, low is worth a look."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Words:
    """`meaning` says why it matters, `hint` what to do."""

    severity: Severity
    meaning: str
    hint: str


WORDS = {
    FindingKind.SPLIT_LEAK: Words(
        Severity.HIGH,
        "The same picture, or nearly the same, came in more than one of the folders train, "
        "validation and test: a model is asked about pictures that it has learned.",
        "Keep each picture in one split and leave the others out, or freeze a grouped version.",
    ),
    FindingKind.LABEL_CONFLICT: Words(
        Severity.HIGH,
        "The same picture, or nearly the same, stands under different classes: no model can learn "
        "both.",
        "Give each picture its one class.",
    ),
    FindingKind.LABEL_ERROR: Words(
        Severity.MEDIUM,
        "Another class is more probable than the given one, judged by a classifier that has not "
        "learned from the image.",
        "Accept the suggested class, or keep the given one.",
    ),
    FindingKind.EXACT_DUPLICATE: Words(
        Severity.MEDIUM,
        "The same pixels more than once, even if the files differ: it counts double in training "
        "and in reports.",
        "Keep one of them and leave the others out.",
    ),
    FindingKind.NEAR_DUPLICATE: Words(
        Severity.MEDIUM,
        "The same picture resized, recompressed, mirrored or cropped a little: in different splits "
        "it would leak.",
        "Keep one of them, or freeze a grouped version, which keeps them together.",
    ),
    FindingKind.SMALL_CLASS: Words(
        Severity.MEDIUM,
        f"Fewer than {FEWEST} images leave one or two to test on: no figure about the class means "
        "anything.",
        "Add images, or merge the class into another one.",
    ),
    FindingKind.BLANK: Words(
        Severity.MEDIUM,
        "Nothing can be seen: one colour all over.",
        "Move them to the trash, unless being blank is what their class means.",
    ),
    FindingKind.BLURRED: Words(
        Severity.LOW,
        "Far less sharp than the others of this dataset.",
        "Leave out what you could not tell the class of yourself.",
    ),
    FindingKind.IMBALANCE: Words(
        Severity.LOW,
        f"Less than a {'tenth' if IMBALANCED == 10 else f'{1 / IMBALANCED:.0%}'} of the largest "
        "class: accuracy mostly tells how common the large classes are.",
        "Add images of these classes, and read the macro averages of a report.",
    ),
    FindingKind.TINY: Words(
        Severity.LOW,
        "Far smaller than the others of this dataset, or too small to show anything.",
        "Leave out what you could not tell the class of yourself.",
    ),
    FindingKind.ODD_SHAPE: Words(
        Severity.LOW,
        "Much wider or higher than the others: squeezed into a square, their content is distorted.",
        "Crop them and upload them again, or leave them out.",
    ),
}


LABEL_ERRORS_TO_COME = (
    "Label errors: they are looked for by the images’ embeddings, once these are computed. That "
    "starts by itself after images were added, and another check follows it."
)
LABEL_ERRORS_ON_REQUEST = (
    "Label errors: they are looked for by the images’ embeddings. Have them computed on the "
    "dataset’s map; another check follows."
)
NO_LABEL_ERRORS = (
    "Label errors: they are looked for by the embeddings of an ImageNet network, and no such "
    "weights are on this server: they come with a package that its operator can install. Copies, "
    "leaks, conflicts and faulty images are found without them."
)
