"""What the gate says of a version, in the API."""

from rest_framework import serializers

from classifier.engine.measure.gate import RULES
from classifier.engine.measure.gate_rules import KINDS

NAMES = ", ".join([*(rule.__name__ for rule in RULES), *KINDS])


class RuleResultSerializer(serializers.Serializer):
    rule = serializers.CharField(help_text=f"{NAMES}.")
    passed = serializers.BooleanField(allow_null=True, help_text="Null: it does not apply.")
    detail = serializers.CharField(help_text="A sentence with the figures.")
    measured = serializers.FloatField(
        allow_null=True, help_text="The figure that was judged; null where there is none."
    )
    threshold = serializers.FloatField(
        allow_null=True, help_text="What it was held against; null where the rule has no figure."
    )
    short_by = serializers.FloatField(
        allow_null=True, help_text="By how much it misses that; 0 where it does not."
    )
    report = serializers.SerializerMethodField(
        help_text="The id of the evaluation that judged; null for none."
    )

    def get_report(self, result) -> str | None:
        return result.report or None


class ToMeasureSerializer(serializers.Serializer):
    model_version = serializers.UUIDField(source="version")
    dataset_version = serializers.UUIDField()


class GateResultSerializer(serializers.Serializer):
    passed = serializers.BooleanField(help_text="Whether no rule refuses the version.")
    rules = RuleResultSerializer(many=True)
    to_measure = ToMeasureSerializer(
        many=True,
        help_text="Evaluations on test splits that would let a rule judge: "
        "`POST model-versions/{id}/evaluations/` starts one.",
    )


class OverriddenSerializer(serializers.Serializer):
    rule = serializers.CharField()
    detail = serializers.CharField(help_text="What it said when it was overridden.")
