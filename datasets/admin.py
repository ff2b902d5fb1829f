"""Datasets in the admin site; what must not be edited by hand is read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from common.admin import ReadOnly
from datasets.models import (
    Annotation,
    ClassLabel,
    Dataset,
    DatasetVersion,
    Image,
    Import,
    Upload,
)
from jobs.admin import TONES


@admin.register(Dataset)
class DatasetAdmin(ModelAdmin):
    list_display = ("name", "organization", "created_by", "created_at", "deleted_at")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter), "created_at")
    ordering = ("-created_at",)
    search_fields = ("name", "organization__name", "created_by__username")
    list_select_related = ("organization", "created_by")
    readonly_fields = (
        "id",
        "organization",
        "created_by",
        "created_at",
        "deleted_at",
        "licence",
        "licence_text",
    )
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ClassLabel)
class ClassLabelAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "dataset", "position")
    search_fields = ("name", "dataset__name")
    list_select_related = ("dataset",)


@admin.register(Image)
class ImageAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "dataset", "class_label", "split", "format", "width", "height")
    list_filter = (
        "format",
        "split",
        ("deleted_at", admin.EmptyFieldListFilter),
        ("excluded_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("name", "sha256", "dataset__name")
    list_select_related = ("dataset", "class_label")
    # Counting every image on every page would cost more than the page.
    show_full_result_count = False


@admin.register(Annotation)
class AnnotationAdmin(ReadOnly, ModelAdmin):
    list_display = ("image", "previous_class_name", "class_name", "created_by", "created_at")
    search_fields = ("image__name", "class_name", "previous_class_name", "created_by__username")
    list_select_related = ("image", "created_by")
    show_full_result_count = False


@admin.register(Import)
class ImportAdmin(ReadOnly, ModelAdmin):
    list_display = ("archive_name", "dataset", "status", "created_by", "created_at")
    list_filter = ("job__status", "created_at")
    ordering = ("-created_at",)
    search_fields = ("archive_name", "dataset__name", "created_by__username")
    list_select_related = ("dataset", "job", "created_by")

    @display(description="Status", ordering="job__status", label=TONES)
    def status(self, source: Import) -> str:
        return source.job.status


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnly, ModelAdmin):
    list_display = ("dataset", "number", "strategy", "seed", "digest", "created_by", "created_at")
    list_filter = ("strategy", "created_at")
    ordering = ("-created_at",)
    search_fields = ("dataset__name", "digest", "note")
    list_select_related = ("dataset", "created_by")


@admin.register(Upload)
class UploadAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "created_by", "offset", "length", "created_at", "expires_at")
    ordering = ("-created_at",)
    search_fields = ("name", "created_by__username")
    list_select_related = ("created_by",)
