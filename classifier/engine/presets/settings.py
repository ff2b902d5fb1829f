"""The settings a training can have: what each means, its type and its limits."""

import math
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["integer", "number", "boolean", "string"]
_ARTICLES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting; the form, the API's schema and the check of its values come from here."""

    name: str
    title: str
    description: str
    type: Type
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] | None = None

    def check(self, value: Any) -> Any:
        """Return ``value`` in this setting's Python type.

        Raises ValueError with a sentence that says what is allowed and what was received.
        """
        number = _coerce(value, self.type)
        if number is None or not self._within(number):
            raise ValueError(f"{self.name} must be {self._allowed()}; received {value!r}.")
        return number

    def schema(self, default: Any) -> dict[str, Any]:
        """Return this setting as a JSON Schema (draft 2020-12)."""
        schema: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "type": self.type,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "enum": list(self.enum) if self.enum else None,
            "default": default,
        }
        return {key: value for key, value in schema.items() if value is not None}

    def _within(self, value: Any) -> bool:
        if self.enum is not None:
            return value in self.enum
        if self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= value <= self.maximum

    def _allowed(self) -> str:
        if self.enum is not None:
            return f"one of {', '.join(self.enum)}"
        if self.minimum is None or self.maximum is None:
            return _ARTICLES[self.type]
        return f"{_ARTICLES[self.type]} from {self.minimum:g} to {self.maximum:.10g}"


def _coerce(value: Any, wanted: Type) -> Any:
    """Return ``value`` as the wanted JSON type, or None where it is of another."""
    if wanted in ("boolean", "string"):
        return value if isinstance(value, bool if wanted == "boolean" else str) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if wanted == "number":
        return float(value)
    return int(value) if value == int(value) else None


def _table(*items: Field) -> dict[str, Field]:
    return {item.name: item for item in items}


FIELDS = _table(
    Field(
        name="epochs",
        title="Epochs",
        description="How often training goes through all training images, at most.",
        type="integer",
        minimum=1,
        maximum=1000,
    ),
    Field(
        name="batch_size",
        title="Batch size",
        description="Images per step. Larger is faster and needs more memory.",
        type="integer",
        minimum=1,
        maximum=1024,
    ),
    Field(
        name="learning_rate",
        title="Learning rate",
        description="The highest step size; it warms up to it, then falls along a cosine to 0.",
        type="number",
        minimum=1e-6,
        maximum=1.0,
    ),
    Field(
        name="image_size",
        title="Image size",
        description="Every image is resized to a square with sides of this many pixels.",
        type="integer",
        minimum=8,
        maximum=512,
    ),
    Field(
        name="augmentation",
        title="Augmentation",
        description=(
            "Random changes that show each training image a little differently: shift moves "
            "and scales it (safe for digits and letters), mirror also swaps left and right, "
            "full also rotates it and changes brightness, contrast and colour."
        ),
        type="string",
        enum=("none", "shift", "mirror", "full"),
    ),
    Field(
        name="dropout",
        title="Dropout",
        description="Share of features hidden at random before the last layer.",
        type="number",
        minimum=0.0,
        maximum=0.9,
    ),
    Field(
        name="weight_decay",
        title="Weight decay",
        description="How strongly weights are pulled towards 0 (AdamW).",
        type="number",
        minimum=0.0,
        maximum=0.5,
    ),
    Field(
        name="label_smoothing",
        title="Label smoothing",
        description="Probability spread over all classes in the target; less over-confidence.",
        type="number",
        minimum=0.0,
        maximum=0.5,
    ),
    Field(
        name="early_stopping_patience",
        title="Patience",
        description=(
            "Stop after this many epochs without a lower validation loss; 0 never stops "
            "early. The best epoch is kept either way."
        ),
        type="integer",
        minimum=0,
        maximum=1000,
    ),
    Field(
        name="seed",
        title="Seed",
        description="Start of all randomness: first weights, order, augmentation, dropout.",
        type="integer",
        minimum=0,
        maximum=2**31 - 1,
    ),
    Field(
        name="deterministic",
        title="Repeatable",
        description="The same data, settings and machine give the same model, bit for bit.",
        type="boolean",
    ),
    Field(
        name="precision",
        title="Precision",
        description=(
            "Numbers inside the network while it trains; bfloat16 is faster on processors "
            "that have instructions for it. The saved model is float32."
        ),
        type="string",
        enum=("float32", "bfloat16"),
    ),
    Field(
        name="fine_tune_epochs",
        title="Fine-tuning epochs",
        description="Epochs that also train the last blocks, after the head; 0 trains none.",
        type="integer",
        minimum=0,
        maximum=200,
    ),
    Field(
        name="fine_tune_blocks",
        title="Fine-tuned blocks",
        description="How many of the network's 17 blocks, from the end, fine-tuning changes.",
        type="integer",
        minimum=1,
        maximum=17,
    ),
    Field(
        name="fine_tune_learning_rate",
        title="Fine-tuning learning rate",
        description="The highest step size while fine-tuning.",
        type="number",
        minimum=1e-7,
        maximum=0.1,
    ),
)
