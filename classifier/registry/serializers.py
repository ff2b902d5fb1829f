from rest_framework import serializers

from classifier.models import AliasChange, ModelVersion, RegisteredModel
from classifier.registry.selectors.availability import why_unavailable
from common.inputs import InputSerializer


class RegisteredModelSerializer(serializers.ModelSerializer):
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug",
        read_only=True,
        allow_null=True,
        help_text="Null: built-in, for everyone.",
    )
    aliases = serializers.SerializerMethodField(
        help_text="Alias → number of the version; none while the model is not available."
    )
    available = serializers.SerializerMethodField(
        help_text="False for a built-in model that is not installed here."
    )
    why_unavailable = serializers.SerializerMethodField(
        help_text="What is missing and how to get it; null where it is available."
    )
    version_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = RegisteredModel
        fields = (
            "id",
            "name",
            "description",
            "organization",
            "aliases",
            "available",
            "why_unavailable",
            "version_count",
            "archived_at",
            "created_at",
        )
        read_only_fields = fields

    def get_available(self, model: RegisteredModel) -> bool:
        return why_unavailable(model) is None

    def get_why_unavailable(self, model: RegisteredModel) -> str | None:
        return why_unavailable(model)

    def get_aliases(self, model: RegisteredModel) -> dict[str, int]:
        if why_unavailable(model) is not None:
            return {}
        return {pointer.alias: pointer.version.number for pointer in model.alias_set.all()}


class ModelPatch(InputSerializer):
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    archived = serializers.BooleanField(required=False)


class FileFactsSerializer(serializers.Serializer):
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()


class RuleResultSerializer(serializers.Serializer):
    rule = serializers.CharField(help_text="better_than_guessing, not_worse_than_live.")
    passed = serializers.BooleanField(allow_null=True, help_text="Null: it does not apply.")
    detail = serializers.CharField(help_text="A sentence with the figures.")


class GateSerializer(serializers.Serializer):
    passed = serializers.BooleanField(help_text="Whether no rule refuses the version.")
    rules = RuleResultSerializer(many=True)


class ModelVersionSerializer(serializers.ModelSerializer):
    classes = serializers.ListField(
        source="class_names", child=serializers.CharField(), read_only=True
    )
    config = serializers.DictField(read_only=True)
    libraries = serializers.DictField(child=serializers.CharField(), read_only=True)
    file = FileFactsSerializer(
        source="served_file",
        read_only=True,
        allow_null=True,
        help_text="The file that answers predictions; null until a built-in model's first use.",
    )
    files = serializers.DictField(child=FileFactsSerializer(), read_only=True)
    dataset_digest = serializers.CharField(read_only=True)
    gate = GateSerializer(
        read_only=True,
        allow_null=True,
        help_text="Whether the version may go live, and what each rule says; null for a built-in "
        "model, which is exempt.",
    )
    parity = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="How far ONNX Runtime's probabilities are from Keras's on the same images.",
    )

    class Meta:
        model = ModelVersion
        fields = (
            "id",
            "model",
            "number",
            "training_run",
            "dataset_version",
            "dataset_digest",
            "classes",
            "preset",
            "config",
            "libraries",
            "code_version",
            "file",
            "files",
            "parity",
            "gate",
            "created_at",
        )
        read_only_fields = fields


class AliasInput(InputSerializer):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class AliasSerializer(serializers.Serializer):
    model = serializers.UUIDField(source="model_id")
    alias = serializers.CharField()
    version = serializers.IntegerField(source="version.number")


class AliasChangeSerializer(serializers.ModelSerializer):
    version = serializers.IntegerField(source="version.number", read_only=True)
    previous = serializers.IntegerField(source="previous.number", read_only=True, allow_null=True)
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, allow_null=True
    )

    class Meta:
        model = AliasChange
        fields = ("id", "alias", "version", "previous", "reason", "created_by", "created_at")
        read_only_fields = fields
