"""REST routes, relative to /api/v1/."""

from django.urls import path

from datasets.api import (
    archives,
    bulk,
    classes,
    copies,
    datasets,
    embeddings,
    files,
    images,
    imports,
    instant,
    maps,
    quality,
    shares,
    sheets,
    uploads,
    version_preview,
    versions,
)

_dataset = "datasets/<uuid:dataset_id>/"
_class = "classes/<uuid:class_id>/"
_import = "imports/<uuid:import_id>/"
_image = "images/<uuid:image_id>/"
_version = "dataset-versions/<uuid:version_id>/"
urlpatterns = [
    path("datasets/", datasets.DatasetList.as_view(), name="dataset-list"),
    path(_dataset, datasets.DatasetDetail.as_view(), name="dataset-detail"),
    path(f"{_dataset}restore/", datasets.DatasetRestore.as_view(), name="dataset-restore"),
    path(f"{_dataset}imports/", imports.ImportList.as_view(), name="import-list"),
    path("imports/<uuid:import_id>/", imports.ImportDetail.as_view(), name="import-detail"),
    path(f"{_import}confirm/", imports.ImportConfirm.as_view(), name="import-confirm"),
    path(f"{_import}dismiss/", imports.ImportDismiss.as_view(), name="import-dismiss"),
    path(f"{_import}example/", imports.ImportExample.as_view(), name="import-example"),
    path(
        "imports/<uuid:import_id>/items/", imports.ImportItemList.as_view(), name="import-item-list"
    ),
    path("uploads/", uploads.UploadList.as_view(), name="upload-list"),
    path("uploads/<uuid:upload_id>/", uploads.UploadDetail.as_view(), name="upload-detail"),
    path(f"{_dataset}images/", images.ImageList.as_view(), name="image-list"),
    path(f"{_dataset}images/bulk/", bulk.ImageBulk.as_view(), name="image-bulk"),
    path("bulk-edits/<uuid:edit_id>/undo/", bulk.BulkEditUndo.as_view(), name="bulk-edit-undo"),
    path(_image, images.ImageDetail.as_view(), name="image-detail"),
    path(f"{_image}restore/", images.ImageRestore.as_view(), name="image-restore"),
    path(f"{_image}file/", files.ImageFile.as_view(), name="image-file"),
    path(f"{_image}thumbnail/", files.ImageThumbnail.as_view(), name="image-thumbnail"),
    path(f"{_image}neighbours/", embeddings.NeighbourList.as_view(), name="image-neighbours"),
    path(f"{_dataset}embeddings/", embeddings.DatasetEmbeddings.as_view(), name="embeddings"),
    path(f"{_dataset}map/", maps.DatasetMapDetail.as_view(), name="dataset-map"),
    path(f"{_dataset}instant-model/", instant.InstantModelDetail.as_view(), name="instant-model"),
    path(f"{_dataset}label-grid/", instant.LabelGrid.as_view(), name="label-grid"),
    path(f"{_dataset}annotations/", images.AnnotationList.as_view(), name="annotation-list"),
    path(f"{_dataset}shares/", shares.DatasetShares.as_view(), name="dataset-share-list"),
    path(f"{_dataset}classes/", classes.ClassList.as_view(), name="class-list"),
    path(_class, classes.ClassDetail.as_view(), name="class-detail"),
    path(f"{_class}merge/", classes.ClassMerge.as_view(), name="class-merge"),
    path(f"{_dataset}quality/", quality.QualityDetail.as_view(), name="quality"),
    path(f"{_dataset}quality/items/", quality.ItemList.as_view(), name="quality-item-list"),
    path("quality-items/<uuid:item_id>/", quality.ItemDetail.as_view(), name="quality-item"),
    path(
        "quality-items/<uuid:item_id>/images/",
        quality.ItemImages.as_view(),
        name="quality-item-images",
    ),
    path(f"{_dataset}versions/", versions.VersionList.as_view(), name="version-list"),
    path(
        f"{_dataset}versions/preview/",
        version_preview.VersionPreview.as_view(),
        name="version-preview",
    ),
    path("dataset-copies/", copies.DatasetCopyList.as_view(), name="dataset-copy-list"),
    path(
        "dataset-copies/preview/",
        copies.DatasetCopyPreview.as_view(),
        name="dataset-copy-preview",
    ),
    path(
        "dataset-copies/<uuid:copy_id>/",
        copies.DatasetCopyDetail.as_view(),
        name="dataset-copy-detail",
    ),
    path(_version, versions.VersionDetail.as_view(), name="version-detail"),
    path(f"{_version}restore/", versions.VersionRestore.as_view(), name="version-restore"),
    path(f"{_version}diff/", versions.VersionDiff.as_view(), name="version-diff"),
    path(f"{_version}sheet/", sheets.VersionSheet.as_view(), name="version-sheet"),
    path(f"{_version}archive/", archives.VersionArchive.as_view(), name="version-archive"),
    path(f"{_version}samples/", versions.SampleList.as_view(), name="sample-list"),
]
