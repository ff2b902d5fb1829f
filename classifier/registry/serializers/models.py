from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.engine.formats.exports import NAMES
from classifier.fields import gpu_seconds_field, processor_seconds_field
from classifier.models import ModelVersion, RegisteredModel
from classifier.registry.selectors.availability import why_unavailable
from classifier.registry.selectors.exports import File, files_of, makeable
from classifier.registry.selectors.standing import with_live_refusals
from classifier.registry.serializers.fast_mode import FastModeSerializer
from classifier.registry.serializers.files import FileFactsSerializer
from classifier.registry.serializers.gate_result import GateResultSerializer
from classifier.registry.serializers.lineage import (
    CopyLineageSerializer,
    EnsembleLineageSerializer,
    ImportedLineageSerializer,
    InstantLineageSerializer,
    StudentLineageSerializer,
)
from classifier.registry.services.note_version import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from common.fit import FITS
from common.inputs import InputSerializer


class RegisteredModelSerializer(serializers.ModelSerializer):
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug",
        read_only=True,
        allow_null=True,
        help_text="Null: built-in, for everyone.",
    )
    shared = serializers.BooleanField(
        source="is_shared",
        read_only=True,
        help_text="Whether it is another organization's, which shares it with the caller to read.",
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
    live_refusal = serializers.SerializerMethodField(
        help_text="Why the live version would not pass the gate as it stands today; null where it "
        "would, where none is live, and of a model that another organization shares."
    )

    class Meta:
        model = RegisteredModel
        fields = (
            "id",
            "name",
            "description",
            "organization",
            "shared",
            "aliases",
            "available",
            "why_unavailable",
            "version_count",
            "live_refusal",
            "archived_at",
            "created_at",
        )
        read_only_fields = fields

    def get_available(self, model: RegisteredModel) -> bool:
        return why_unavailable(model) is None

    def get_why_unavailable(self, model: RegisteredModel) -> str | None:
        return why_unavailable(model)

    def get_live_refusal(self, model: RegisteredModel) -> str | None:
        # It speaks of the owner's datasets and rules, which readers of a share do not see.
        if model.is_shared:
            return None
        if not hasattr(model, "live_refusal"):
            with_live_refusals([model])
        return model.live_refusal or None

    def get_aliases(self, model: RegisteredModel) -> dict[str, int]:
        if why_unavailable(model) is not None:
            return {}
        return {pointer.alias: pointer.version.number for pointer in model.alias_set.all()}


class ModelPatch(InputSerializer):
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    archived = serializers.BooleanField(required=False)


class ModelVersionSerializer(serializers.ModelSerializer):
    classes = serializers.ListField(
        source="class_names", child=serializers.CharField(), read_only=True
    )
    config = serializers.DictField(read_only=True)
    fit = serializers.ChoiceField(
        choices=FITS,
        read_only=True,
        help_text="How an image that is not square becomes what the model sees: its sides are "
        "scaled separately, the middle is cut out, or grey bars fill it up. Predictions do so.",
    )
    libraries = serializers.DictField(child=serializers.CharField(), read_only=True)
    file = FileFactsSerializer(
        source="served_file",
        read_only=True,
        allow_null=True,
        help_text="The file that answers predictions; null until a built-in model's first use.",
    )
    files = serializers.SerializerMethodField(
        help_text="By name: what training wrote, and what was made on request since."
    )
    made_on_request = serializers.SerializerMethodField(
        help_text="Formats for `POST exports/` that the version can be exported in."
    )
    dataset_digest = serializers.CharField(read_only=True)
    gate = GateResultSerializer(
        read_only=True,
        allow_null=True,
        help_text="Whether the version may go live, and what each rule says; null for a built-in "
        "model, which is exempt.",
    )
    fast_mode = serializers.SerializerMethodField(
        help_text="An int8 file that may answer in its place; null where no one has asked for it."
    )
    parity = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="How far the served file's probabilities are from the trained network's.",
    )
    instant_model = InstantLineageSerializer(
        read_only=True,
        allow_null=True,
        help_text="Of a registered instant model; null where a training made the version.",
    )
    copied_from = serializers.SerializerMethodField(
        help_text="Of a version that was copied, as the source was called then; null for any other."
    )
    ensemble = EnsembleLineageSerializer(
        read_only=True,
        allow_null=True,
        help_text="Of a version that was made of others; null for any other.",
    )
    distilled = StudentLineageSerializer(
        read_only=True,
        allow_null=True,
        help_text="Of a student, which learned from another version; null for any other.",
    )
    tags = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="In lower case, by the alphabet."
    )
    note = serializers.CharField(source="note_text", read_only=True)
    imported = ImportedLineageSerializer(
        read_only=True,
        allow_null=True,
        help_text="Of a version that was trained elsewhere; null for any other.",
    )
    processor_seconds = processor_seconds_field(source="training_run.job.processor_seconds")
    gpu_seconds = gpu_seconds_field(source="training_run.job.gpu_seconds")

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
            "fit",
            "libraries",
            "code_version",
            "file",
            "files",
            "made_on_request",
            "parity",
            "fast_mode",
            "instant_model",
            "ensemble",
            "distilled",
            "tags",
            "note",
            "copied_from",
            "imported",
            "processor_seconds",
            "gpu_seconds",
            "gate",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(CopyLineageSerializer(allow_null=True))
    def get_copied_from(self, version: ModelVersion) -> dict | None:
        copy = getattr(version, "copied_from", None)
        return None if copy is None else CopyLineageSerializer(copy).data

    @extend_schema_field(serializers.DictField(child=FileFactsSerializer()))
    def get_files(self, version: ModelVersion) -> dict[str, File]:
        return files_of(version)

    @extend_schema_field(FastModeSerializer(allow_null=True))
    def get_fast_mode(self, version: ModelVersion) -> dict | None:
        row = getattr(version, "fast_mode", None)
        return None if row is None else FastModeSerializer(row).data

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(list(NAMES))))
    def get_made_on_request(self, version: ModelVersion) -> list[str]:
        return makeable(version)


class NotePatch(InputSerializer):
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG),
        max_length=MOST_TAGS,
        required=False,
        help_text=f"All of them, up to {MOST_TAGS}; they are kept in lower case, each once.",
    )
    note = serializers.CharField(max_length=LONGEST_NOTE, required=False, allow_blank=True)


class AliasInput(InputSerializer):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    override = serializers.BooleanField(
        default=False,
        help_text="Make it champion whatever the gate says: needs the role admin and a reason. The "
        "history keeps what was overridden.",
    )


class AliasSerializer(serializers.Serializer):
    model = serializers.UUIDField(source="model_id")
    alias = serializers.CharField()
    version = serializers.IntegerField(source="version.number")
