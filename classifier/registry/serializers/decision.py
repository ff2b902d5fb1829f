from typing import Any, NoReturn

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.engine.measure.decision import Wish
from classifier.engine.measure.promise import LEAST_RATE
from classifier.fields import NumberField, interval_field
from classifier.models import Decision
from classifier.registry.selectors.decision import assumptions_of
from common.inputs import InputSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer

_LEAST, _MOST, _SHOWN = 0.5, 0.999, 60
_SHARES: dict[str, Any] = {"type": "number", "minimum": _LEAST, "maximum": _MOST}


@extend_schema_field({"oneOf": [_SHARES, {"type": "object", "additionalProperties": _SHARES}]})
class PrecisionField(serializers.Field):
    """One share for all accepted answers together, or one for each class that is named."""

    default_error_messages = {
        "wrong": "This must be a number from 0.5 to 0.999, or an object that gives one to each "
        "class to be accepted; received {received}.",
    }

    def to_internal_value(self, data: object) -> float | dict[str, float]:
        if isinstance(data, dict) and data:
            return {str(name): self._share(value) for name, value in data.items()}
        return self._share(data)

    def to_representation(self, value: Any) -> Any:
        return value

    def _share(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self._refuse(value)
        try:
            share = float(value)
        except ValueError:
            self._refuse(value)
        if not _LEAST <= share <= _MOST:
            self._refuse(value)
        return share

    def _refuse(self, value: object) -> NoReturn:
        said = repr(value)[: _SHOWN + 1]
        self.fail("wrong", received=said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…")


class DecisionInput(InputSerializer):
    precision = PrecisionField(
        required=False,
        help_text="What share of the accepted answers shall be right: a number for all of them "
        "together, or one by class. Classes that are not named are reviewed.",
    )
    confidence = NumberField(
        required=False,
        min_value=_LEAST,
        max_value=_MOST,
        help_text="How sure the promise of precision is; by default 0.9.",
    )
    unknown_rate = NumberField(
        default=0.05,
        min_value=0,
        max_value=0.5,
        help_text="The share of images of the known kind that may be called unknown: 0, none, or "
        "at least 0.0001.",
    )
    thresholds = serializers.DictField(
        child=NumberField(min_value=0, max_value=1),
        required=False,
        help_text="Instead of `precision`: from which probability on a class is accepted. Drops "
        "the promise. Classes that are not named are reviewed; {} reviews all.",
    )

    def validate_unknown_rate(self, value: float) -> float:
        if 0 < value < LEAST_RATE:
            raise serializers.ValidationError(
                f"This must be 0, or at least {LEAST_RATE}.", code="min_value"
            )
        return value

    def validate(self, attrs: dict) -> dict:
        if ("precision" in attrs) == ("thresholds" in attrs):
            raise serializers.ValidationError(
                {"precision": "Give precision or thresholds, one of the two."}, code="one_of_two"
            )
        if "thresholds" in attrs and "confidence" in attrs:
            raise serializers.ValidationError(
                {"confidence": "Thresholds promise no precision, so there is no confidence."},
                code="does_not_apply",
            )
        return attrs

    @classmethod
    def wish(cls, data: Any) -> Wish:
        """Return what a body asks for; raises `ValidationError`."""
        return Wish(**cls.read(data))


class ClassOutcomeSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True, help_text="Null: none is accepted.")
    answered = serializers.IntegerField(help_text="Validation images answered so.")
    accepted = serializers.IntegerField()
    correct = serializers.IntegerField(help_text="Of the accepted.")
    expected_precision = serializers.FloatField(allow_null=True)
    promised = serializers.FloatField(allow_null=True, help_text="The precision that is kept.")
    refusal = serializers.CharField(help_text="Why it cannot be promised; else empty.")


class DecisionSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    precision = PrecisionField(
        source="asked.precision", read_only=True, allow_null=True, help_text="As asked for."
    )
    confidence = serializers.FloatField(source="asked.confidence", read_only=True)
    unknown_rate = serializers.FloatField(source="asked.unknown_rate", read_only=True)
    hand_set = serializers.BooleanField(
        source="is_hand_set",
        read_only=True,
        help_text="Whether a person chose the thresholds: no precision is promised then.",
    )
    promised = serializers.FloatField(
        source="held.promised",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="The precision that is kept over all accepted answers, where one was asked for.",
    )
    refusal = serializers.CharField(
        source="held.refusal",
        default="",
        read_only=True,
        help_text="Why that precision cannot be promised, with the number of images; else empty.",
    )
    images = serializers.IntegerField(
        source="held.images",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="Validation images that all of this is told from; null until the job ends.",
    )
    accept_share = serializers.FloatField(
        source="held.accept_share", default=None, read_only=True, allow_null=True
    )
    review_share = serializers.FloatField(
        source="held.review_share", default=None, read_only=True, allow_null=True
    )
    unknown_share = serializers.FloatField(
        source="held.unknown_share", default=None, read_only=True, allow_null=True
    )
    expected_precision = serializers.FloatField(
        source="held.expected_precision",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="Of the accepted validation answers; null where none is accepted.",
    )
    expected_precision_interval = interval_field(
        "Its 95 % interval (Wilson's).", source="held.expected_interval"
    )
    unknown_refusal = serializers.CharField(
        source="held.unknown_refusal",
        default="",
        read_only=True,
        help_text="Why no image is called unknown though a rate was given; else empty.",
    )
    thresholds = serializers.SerializerMethodField(
        help_text="Class → the probability from which on it is accepted; null: it never is."
    )
    per_class = ClassOutcomeSerializer(
        source="held.per_class", default=(), many=True, read_only=True
    )
    assumptions = serializers.SerializerMethodField(
        help_text="What is promised and what each promise assumes, in sentences."
    )
    changed_by: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="username", read_only=True, allow_null=True
    )

    class Meta:
        model = Decision
        fields = (
            "model_version",
            "status",
            "job",
            "precision",
            "confidence",
            "unknown_rate",
            "hand_set",
            "promised",
            "refusal",
            "images",
            "accept_share",
            "review_share",
            "unknown_share",
            "expected_precision",
            "expected_precision_interval",
            "unknown_refusal",
            "thresholds",
            "per_class",
            "assumptions",
            "changed_at",
            "changed_by",
        )
        read_only_fields = fields

    def get_thresholds(self, row: Decision) -> dict[str, float | None]:
        if row.held is None:
            return dict(row.asked.thresholds or {})
        return {each.class_name: each.threshold for each in row.held.per_class}

    def get_assumptions(self, row: Decision) -> list[str]:
        return assumptions_of(row)
