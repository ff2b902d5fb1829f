from typing import get_args

from rest_framework import serializers

from classifier.engine.presets.preset import Kind
from classifier.engine.presets.registry import PRESETS

FAMILIES = get_args(Kind)


class PresetSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(
        choices=FAMILIES,
        help_text="The family: trained from nothing, on a pretrained network, classic, or taught "
        "by a model version (distilled).",
    )
    facts = serializers.DictField(
        child=serializers.JSONField(),
        help_text="What is known before training: `source`, the paper and where weights come "
        "from; of a pretrained network `parameters`, `vector_length`, `blocks`, `weights_file`, "
        "`licence`.",
    )
    at_hand = serializers.BooleanField(
        help_text="Whether everything that it needs is here; without, starting a run answers 422."
    )
    missing = serializers.CharField(help_text="What is not here; empty where it is at hand.")
    get_it = serializers.CharField(help_text="How the operator gets it; empty where at hand.")
    config_schema = serializers.DictField(
        help_text="JSON Schema (draft 2020-12) of the settings that `config` may hold."
    )
    defaults = serializers.DictField(help_text="The value of every setting that is not given.")


class PresetNameField(serializers.ChoiceField):
    """The name of a preset; the error says which there are."""

    default_error_messages = {
        "invalid_choice": f"preset must be one of {', '.join(PRESETS)}; received {{input!r}}."
    }

    def __init__(self, **kwargs) -> None:
        super().__init__(choices=list(PRESETS), **kwargs)
