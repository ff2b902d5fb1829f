"""Runs, models, versions, aliases, reports and predictions in the admin site: to look at."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from classifier.models import (
    AliasChange,
    EpochMetrics,
    EvaluationReport,
    ModelAlias,
    ModelVersion,
    Prediction,
    RegisteredModel,
    TrainingRun,
)
from classifier.models.evaluation_report import EvaluationReportQuerySet
from common.admin import ReadOnly
from jobs.admin import TONES


class EpochInline(ReadOnly, TabularInline):
    model = EpochMetrics
    extra = 0


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "name",
        "organization",
        "preset",
        "status",
        "val_accuracy",
        "dataset_version",
        "created_by",
        "created_at",
    )
    list_filter = ("job__status", "preset", "organization", "created_at")
    ordering = ("-created_at",)
    search_fields = ("name", "id", "dataset_version__dataset__name")
    list_select_related = ("organization", "job", "dataset_version__dataset", "created_by")
    inlines = (EpochInline,)

    @display(description="Status", ordering="job__status", label=TONES)
    def status(self, run: TrainingRun) -> str:
        return run.job.status

    @admin.display(description="validation accuracy")
    def val_accuracy(self, run: TrainingRun) -> str:
        accuracy = run.metrics.get("val_accuracy")
        return "–" if accuracy is None else f"{accuracy:.4f}"


class AliasInline(ReadOnly, TabularInline):
    model = ModelAlias
    extra = 0


class VersionInline(ReadOnly, TabularInline):
    model = ModelVersion
    fields = ("number", "preset", "dataset_version", "code_version", "created_by", "created_at")
    # Left to itself, the form takes no field that is set by itself, such as the time.
    readonly_fields = fields
    extra = 0
    show_change_link = True


@admin.register(RegisteredModel)
class RegisteredModelAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "organization", "created_by", "created_at")
    list_filter = (("organization", admin.EmptyFieldListFilter), "organization", "created_at")
    ordering = ("-created_at",)
    search_fields = ("name", "id")
    list_select_related = ("organization", "created_by")
    inlines = (AliasInline, VersionInline)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "__str__",
        "preset",
        "dataset_version",
        "class_count",
        "code_version",
        "created_by",
        "created_at",
    )
    list_filter = ("preset", "model__organization", "created_at")
    ordering = ("-created_at",)
    search_fields = ("model__name", "id", "dataset_digest", "code_version")
    list_select_related = ("model", "dataset_version__dataset", "created_by")

    @admin.display(description="classes")
    def class_count(self, version: ModelVersion) -> int:
        return len(version.class_names)


@admin.register(ModelAlias)
class ModelAliasAdmin(ReadOnly, ModelAdmin):
    list_display = ("alias", "model", "version_number", "organization")
    list_filter = ("alias", "model__organization")
    search_fields = ("alias", "model__name")
    list_select_related = ("model__organization", "version")

    @admin.display(description="version", ordering="version__number")
    def version_number(self, pointer: ModelAlias) -> int:
        return pointer.version.number

    @admin.display(ordering="model__organization")
    def organization(self, pointer: ModelAlias) -> str:
        return str(pointer.model.organization or "built-in")


@admin.register(AliasChange)
class AliasChangeAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "model",
        "number",
        "kind",
        "alias",
        "previous_number",
        "version_number",
        "reason",
        "created_by",
        "created_at",
    )
    list_filter = ("kind", "alias", "model__organization", "created_at")
    ordering = ("-created_at", "-number")
    search_fields = ("model__name", "reason")
    list_select_related = ("model", "created_by")


@admin.register(EvaluationReport)
class EvaluationReportAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "model_version",
        "dataset_version",
        "split",
        "status",
        "accuracy",
        "organization",
        "created_at",
    )
    list_filter = ("split", "job__status", "organization", "created_at")
    ordering = ("-created_at",)
    search_fields = ("id", "model_version__model__name", "dataset_version__dataset__name")
    list_select_related = (
        "model_version__model",
        "dataset_version__dataset",
        "job",
        "organization",
    )

    def get_queryset(self, request: HttpRequest) -> EvaluationReportQuerySet:
        return super().get_queryset(request).summarized()

    @display(description="Status", ordering="job__status", label=TONES)
    def status(self, report: EvaluationReport) -> str:
        return report.job.status

    @admin.display()
    def accuracy(self, report: EvaluationReport) -> str:
        return f"{report.summary.accuracy:.4f}" if report.summary else "–"


@admin.register(Prediction)
class PredictionAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "name", "best", "precision", "model_version", "organization", "created_by", "created_at",
    )  # fmt: skip
    list_filter = ("organization", "precision", "created_at")
    search_fields = ("id", "name", "image_sha256")
    list_select_related = ("model_version__model", "organization", "created_by")
    show_full_result_count = False

    @admin.display(description="answer")
    def best(self, prediction: Prediction) -> str:
        top = next(iter(prediction.classes), None)
        return f"{top.class_name} ({top.probability:.1%})" if top else "–"
