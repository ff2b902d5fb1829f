"""Pages about datasets, under /datasets/."""

from django.urls import path

from datasets.views import (
    classes,
    copies,
    datasets,
    edits,
    gallery,
    images,
    imports,
    label,
    maps,
    quality,
    samples,
    sheets,
    version_preview,
    versions,
)

app_name = "datasets"
_dataset = "<uuid:dataset_id>/"
_class = "classes/<uuid:class_id>/"
_image = "images/<uuid:image_id>/"
_import = "imports/<uuid:import_id>/"
urlpatterns = [
    path("", datasets.DatasetList.as_view(), name="list"),
    path("new/", datasets.DatasetNew.as_view(), name="new"),
    path("sample/", datasets.SampleNew.as_view(), name="sample"),
    path("trash/", datasets.Trash.as_view(), name="trash"),
    path(_dataset, gallery.DatasetPage.as_view(), name="detail"),
    path(f"{_dataset}filters/", gallery.FilterMenu.as_view(), name="filters"),
    path(f"{_dataset}label/", label.LabelPage.as_view(), name="label"),
    path(f"{_dataset}label/grid/", label.LabelGridPage.as_view(), name="label_grid"),
    path("edits/<uuid:edit_id>/undo/", edits.UndoEdit.as_view(), name="undo"),
    path(f"{_dataset}settings/", datasets.DatasetSettings.as_view(), name="settings"),
    path("copies/<uuid:copy_id>/", copies.CopyPage.as_view(), name="copy_detail"),
    path(f"{_dataset}copy/", copies.CopyNew.as_view(), name="copy"),
    path("versions/<uuid:version_id>/copy/", copies.CopyNew.as_view(), name="version_copy"),
    path(f"{_dataset}shares/", datasets.DatasetShare.as_view(), name="share"),
    path(f"{_dataset}trash/", datasets.DatasetTrash.as_view(), name="dataset_trash"),
    path(f"{_dataset}restore/", datasets.DatasetRestore.as_view(), name="dataset_restore"),
    path(f"{_dataset}classes/", classes.ClassList.as_view(), name="classes"),
    path(_class, classes.ClassPage.as_view(), name="class"),
    path(f"{_class}rename/", classes.ClassRename.as_view(), name="class_rename"),
    path(f"{_class}note/", classes.ClassNote.as_view(), name="class_note"),
    path(f"{_class}merge/", classes.ClassMerge.as_view(), name="class_merge"),
    path(f"{_class}delete/", classes.ClassDelete.as_view(), name="class_delete"),
    path(f"{_dataset}imports/", imports.ImportList.as_view(), name="imports"),
    path(_import, imports.ImportPage.as_view(), name="import"),
    path(f"{_import}confirm/", imports.ImportConfirm.as_view(), name="import_confirm"),
    path(f"{_import}licence/", imports.ImportLicence.as_view(), name="import_licence"),
    path(f"{_import}dismiss/", imports.ImportDismiss.as_view(), name="import_dismiss"),
    path(f"{_dataset}quality/", quality.QualityPage.as_view(), name="quality"),
    path(f"{_dataset}quality/<slug:kind>/", quality.ReviewPage.as_view(), name="quality_review"),
    path(f"{_dataset}map/", maps.MapPage.as_view(), name="map"),
    path(f"{_dataset}embeddings/", maps.EmbeddingsStart.as_view(), name="embeddings"),
    path(f"{_dataset}versions/", versions.VersionList.as_view(), name="versions"),
    path(
        f"{_dataset}versions/preview/",
        version_preview.VersionPreview.as_view(),
        name="version_preview",
    ),
    path("versions/<uuid:version_id>/", versions.VersionPage.as_view(), name="version"),
    path(
        "versions/<uuid:version_id>/images/",
        samples.SamplesPage.as_view(),
        name="version_samples",
    ),
    path("versions/<uuid:version_id>/sheet/", sheets.VersionSheet.as_view(), name="version_sheet"),
    path(
        "versions/<uuid:version_id>/restore/",
        versions.VersionRestore.as_view(),
        name="version_restore",
    ),
    path("versions/<uuid:version_id>/diff/", versions.DiffPage.as_view(), name="version_diff"),
    path(_image, images.ImagePage.as_view(), name="image"),
    path(f"{_image}neighbours/", maps.Neighbours.as_view(), name="neighbours"),
    path(f"{_image}exclude/", images.ImageExclude.as_view(), name="image_exclude"),
    path(f"{_image}trash/", images.ImageTrash.as_view(), name="image_trash"),
]
