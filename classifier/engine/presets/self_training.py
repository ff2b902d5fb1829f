"""What a training does with images that have no class yet."""

from dataclasses import dataclass

from classifier.engine.presets.setting import setting

# The most that may join of one class, the surest first: one class must not drown the others.
MOST_OF_A_CLASS = 500
# The most that are asked about, drawn by the hashes of their contents.
MOST_ASKED = 20_000


@dataclass(frozen=True, kw_only=True)
class SelfTrainingSettings:
    """Learning from what the model itself says about unlabelled images."""

    self_training: float = setting(
        "Self-training",
        "The model is asked about up to 20,000 images of the dataset that have no class. Those it "
        "is at least this sure of, up to 500 of a class, join the training, which goes through its "
        "epochs once more; fine-tuning learns from them too where that made the model better. 0 is "
        "off, 0.95 is usual. The run says how many.",
        default=0.0,
        minimum=0.0,
        maximum=0.9999,
        section="Few labels",
        word="It helps where few images are labelled and the model is mostly right about the rest. "
        "Where it is wrong, it learns its own mistakes; the validation images decide which fit is "
        "kept. No image gets a class in the dataset.",
    )
