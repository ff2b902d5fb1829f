"""What a training does about classes with few images."""

from dataclasses import dataclass
from typing import Literal, get_args

from classifier.engine.presets.setting import Needs, setting

Balance = Literal["none", "class_weights", "balanced_sampling"]
_SECTION = "Rare classes"


@dataclass(frozen=True, kw_only=True)
class BalanceSettings:
    """How rare classes are made up for; the train split alone is touched."""

    balance: Balance = setting(
        "Balance",
        "class_weights lets an image of a rare class count for more; balanced_sampling shows each "
        "class equally often.",
        default="none",
        enum=get_args(Balance),
        section=_SECTION,
        word="Where one class has many images and another few, a network does well by answering "
        "the frequent one. Balancing takes that advantage away.",
    )
    focal_gamma: float = setting(
        "Focal loss",
        "How much less an image counts that is answered well already; 0 is plain cross-entropy, 2 "
        "is usual.",
        default=0.0,
        minimum=0.0,
        maximum=5.0,
        section=_SECTION,
        word="Easy images of frequent classes no longer drown the hard ones (Lin et al., 2017).",
    )
    synthetic: float = setting(
        "Synthetic examples",
        "Fills rare classes up to this share of the largest with examples made in training: "
        "between the vectors of similar images, or copies that augmentation changes. The run says "
        "how many.",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        needs=Needs("balance", ("none", "class_weights")),
        section=_SECTION,
        word="Made from the train split alone and kept nowhere; validation and test images stay as "
        "they are (SMOTE, Chawla et al., 2002).",
    )
