"""The rules of a model's own gate, in the API."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.engine.measure.gate_minimum import CLASS_METRICS, METRICS
from classifier.engine.measure.gate_rules import KINDS, MOST_RULES, GateRule
from classifier.fields import NumberField
from classifier.registry.serializers.gate_result import GateResultSerializer
from common.inputs import InputSerializer
from datasets.models import DatasetVersion

MINIMUM, NOT_WORSE, SLICE, PARITY = ["minimum"], ["not_worse_than_champion"], ["slice"], ["parity"]
AGAINST = ["all_images", "champion"]


class MinimumRule(InputSerializer):
    """A figure of the report is at least so much, as measured."""

    rule = serializers.ChoiceField(choices=MINIMUM)
    metric = serializers.CharField(
        max_length=60,
        help_text=f"{', '.join(METRICS)}; with `class_name`: {', '.join(CLASS_METRICS)}.",
    )
    value = NumberField(help_text="From 0 to 1.")
    class_name = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="Empty: of all classes."
    )


class NotWorseRule(InputSerializer):
    """McNemar's test does not find it worse than the live version on the same images."""

    rule = serializers.ChoiceField(choices=NOT_WORSE)
    alpha = NumberField(
        help_text="Above 0, below 1: the p-value below which a loss counts as more than chance. "
        "The larger, the stricter; the built-in rule has 0.05, on the version's own test split."
    )


class SliceRuleInput(InputSerializer):
    """No subgroup of a column has an accuracy that is lower by more than a margin."""

    rule = serializers.ChoiceField(choices=SLICE)
    column = serializers.CharField(max_length=200, help_text="As in `slices` of a report.")
    margin = NumberField(help_text="From 0 to 1; as measured.")
    against = serializers.ChoiceField(
        choices=AGAINST,
        default="all_images",
        help_text="Lower than all images together, or than the live version in that subgroup. "
        "Subgroups of fewer than 30 images are not judged; with no others the rule refuses.",
    )


class ParityRule(InputSerializer):
    """The served file's probabilities are near the trained network's."""

    rule = serializers.ChoiceField(choices=PARITY)
    tolerance = NumberField(help_text="Above 0, at most 1; `parity` of a version has what holds.")


RULES: Mapping[str, type[InputSerializer]] = {
    "minimum": MinimumRule,
    "not_worse_than_champion": NotWorseRule,
    "slice": SliceRuleInput,
    "parity": ParityRule,
}


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="GateRule", serializers=dict(RULES), resource_type_field_name="rule"
    )
)
class GateRuleField(serializers.Field):
    """One rule: `rule` says which, the other fields are its own."""

    default_error_messages = {
        "object": "A rule must be an object with a `rule`; received {received}.",
        "rule": "rule must be one of {known}; received {received}.",
    }

    def to_internal_value(self, data: Any) -> GateRule:
        """Return the rule; raises `ValidationError`."""
        if not isinstance(data, Mapping):
            self.fail("object", received=type(data).__name__)
        name = data.get("rule")
        if not isinstance(name, str) or name not in RULES:
            self.fail("rule", known=", ".join(RULES), received=repr(name)[:60])
        values = RULES[name].read(data)
        values.pop("rule")
        return KINDS[name](**values)

    def to_representation(self, value: Any) -> Any:
        """Return the rule as it is stored."""
        return value


class GateInput(InputSerializer):
    rules = serializers.ListField(
        child=GateRuleField(), help_text=f"All of them, up to {MOST_RULES}; [] for none."
    )
    dataset_version = VisibleObjectField(
        queryset=DatasetVersion.objects.select_related("dataset"),
        default=None,
        allow_null=True,
        help_text="On whose test split they judge every version; null: each on its own.",
    )
    number = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        default=None,
        help_text="That of the gate that you have read: 409 `gate_changed` where it is another.",
    )


class LiveSerializer(serializers.Serializer):
    version = serializers.IntegerField(help_text="The number of the live version.")
    gate = GateResultSerializer(help_text="What the gate says of it as it stands today.")


class ModelGateSerializer(serializers.Serializer):
    number = serializers.IntegerField(help_text="Counts the changes; 0: it has no rules yet.")
    rules = serializers.ListField(child=GateRuleField())
    dataset_version = serializers.UUIDField(
        allow_null=True, help_text="On whose test split they judge; null: each version's own."
    )
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = serializers.CharField(allow_null=True)
    live = LiveSerializer(allow_null=True, help_text="Null while no version is live.")
