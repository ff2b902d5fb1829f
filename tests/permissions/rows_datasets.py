"""Who may do what with the routes of datasets. How to write rows stands in matrix.py."""

from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.models import QualityItem, QualityMember
from datasets.selectors.copying import Source
from datasets.selectors.imports import example_path
from datasets.services.copy_dataset import start_copy
from datasets.services.intake.start_import import start_import
from datasets.services.intake.uploads import create_upload
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.trash import trash_dataset
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.conftest import png, zipped
from tests.permissions.matrix import ForeignKey, World, api, page, share, shared


def build(world: World) -> None:
    """Make a dataset with images, an import and a version, one in the trash, and the stranger's."""
    owner = world.people["owner"]
    world.dataset = factories.make_dataset(world.organization, owner)
    world.image = factories.make_images(world.dataset, "cat", 4)[0]
    factories.make_images(world.dataset, "dog", 4)
    world.label, world.second_label = world.dataset.classes.order_by("name")
    world.version = freeze(user=owner, dataset=world.dataset)
    world.source = start_import(
        user=owner,
        dataset=world.dataset,
        archive=[zipped({"cat/1.png": png()})],
        archive_name="cats.zip",
    )
    world.asking = factories.make_asking_import(world.dataset)
    world.upload = create_upload(user=owner, length=4, name="a.zip")
    start_quality_check(user=owner, dataset=world.dataset)
    world.item = _blank(world.dataset, world.image)
    excluded = bulk_edit(
        user=owner, dataset=world.dataset, action="exclude", selection=[world.image.pk]
    )
    world.edit = excluded.edit
    world.trashed = factories.make_dataset(world.organization, owner)
    trash_dataset(user=owner, dataset=world.trashed)
    share(world, world.dataset)
    world.copy = start_copy(
        user=owner,
        source=Source(world.dataset, world.version),
        organization=world.organization,
    )
    # Readers learn of the images, classes and versions of what they read.
    world.shared |= {
        str(row.pk) for row in (world.image, world.label, world.second_label, world.version)
    }
    world.other_dataset = factories.make_dataset(world.other_organization)
    world.other_image = factories.make_images(world.other_dataset, "cat", 1)[0]
    world.other_upload = create_upload(user=world.people["other"], length=4, name="a.zip")
    world.other_label = world.other_dataset.classes.get()
    world.other_version_of_datasets = factories.make_version(user=world.people["other"])


def _blank(dataset, image) -> QualityItem:
    item = QualityItem.objects.create(
        report=dataset.quality_report, kind="blank", rank=0, fact="blank"
    )
    QualityMember.objects.create(item=item, image=image, position=0)
    return item


def _item(world: World) -> dict[str, object]:
    return {"item_id": world.item.pk}


@shared
def _dataset(world: World) -> dict[str, object]:
    return {"dataset_id": world.dataset.pk}


def _trashed(world: World) -> dict[str, object]:
    return {"dataset_id": world.trashed.pk}


@shared
def _image(world: World) -> dict[str, object]:
    return {"image_id": world.image.pk}


@shared
def _label(world: World) -> dict[str, object]:
    return {"class_id": world.label.pk}


def _edit(world: World) -> dict[str, object]:
    return {"edit_id": world.edit.pk}


def _source(world: World) -> dict[str, object]:
    return {"import_id": world.source.pk}


def _asking(world: World) -> dict[str, object]:
    return {"import_id": world.asking.pk}


def _example(world: World) -> dict[str, object]:
    path = example_path(world.asking, "a/1.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    return _asking(world)


def _layout(world: World) -> dict[str, object]:
    return {"layout": "split_folders"}


def _upload(world: World) -> dict[str, object]:
    return {"upload_id": world.upload.pk}


def _part(world: World) -> bytes:
    return b"1234"


@shared
def _version(world: World) -> dict[str, object]:
    return {"version_id": world.version.pk}


def _copied(world: World) -> dict[str, object]:
    return {"version": str(world.version.pk)}


def _archive(world: World) -> dict[str, object]:
    return {"archive": SimpleUploadedFile("a.zip", zipped({"cat/1.png": png()}))}


def _images(world: World) -> dict[str, object]:
    return {"images": [SimpleUploadedFile("a.png", png(8))]}


def _annotations(world: World) -> dict[str, object]:
    return {"annotations": [{"image": str(world.image.pk), "class_name": "dog"}]}


def _confirmed(world: World) -> dict[str, object]:
    return {"groups": [{"class_name": "dog", "images": [str(world.image.pk)]}]}


def _name(world: World) -> dict[str, object]:
    return {"name": "Renamed"}


def _split(world: World) -> dict[str, object]:
    return {"split": {"strategy": "stratified"}}


def _licence(world: World) -> dict[str, object]:
    return {"licence": "CC0-1.0"}


def _motivation(world: World) -> dict[str, object]:
    return {"motivation": "To count birds."}


def _typed(world: World) -> dict[str, object]:
    return {"field": "motivation", "text": "To count birds."}


DATASET = "datasets/<uuid:dataset_id>/"
CLASS = "classes/<uuid:class_id>/"
IMAGE = "images/<uuid:image_id>/"
IMPORT = "imports/<uuid:import_id>/"
ITEM = "quality-items/<uuid:item_id>/"
VERSION = "dataset-versions/<uuid:version_id>/"
EDIT = {"needs": "editor"}
UPLOAD = "uploads/<uuid:upload_id>/"
OWN = {"viewer": 404, "editor": 404, "admin": 404}
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Upload-Offset": "0"}

API_ROWS = [
    api("GET", "datasets/", other=200),
    api("POST", "datasets/", ok=201, other=201, body=lambda w: {"name": "Mine"}),
    api("GET", DATASET, path=_dataset, reader=200),
    api("PATCH", DATASET, **EDIT, path=_dataset, body=_name),
    api("DELETE", DATASET, **EDIT, ok=204, path=_dataset),
    api("POST", f"{DATASET}restore/", **EDIT, path=_trashed),
    api("GET", f"{DATASET}imports/", path=_dataset),
    api("POST", f"{DATASET}imports/", **EDIT, ok=202, path=_dataset, body=_archive, content="form"),
    api("POST", "uploads/", ok=201, other=201, headers={**TUS, "Upload-Length": "4"}),
    # An upload is its owner's alone.
    api("PATCH", UPLOAD, ok=204, **OWN, path=_upload, headers=PART, content="part", body=_part),
    api("DELETE", UPLOAD, ok=204, **OWN, path=_upload, headers=TUS),
    api("GET", IMPORT, path=_source),
    api("PATCH", IMPORT, **EDIT, path=_source, body=_licence),
    api("POST", f"{IMPORT}confirm/", **EDIT, ok=202, path=_asking, body=_layout),
    api("POST", f"{IMPORT}dismiss/", **EDIT, path=_asking),
    api("GET", f"{IMPORT}example/", path=_example, query="?name=a/1.png"),
    api("GET", f"{IMPORT}items/", path=_source),
    api("GET", f"{DATASET}images/", path=_dataset, reader=200),
    api("POST", f"{DATASET}images/", **EDIT, ok=207, path=_dataset, body=_images, content="form"),
    api(
        "POST",
        f"{DATASET}images/bulk/",
        **EDIT,
        path=_dataset,
        body=lambda w: {"action": "trash", "images": [str(w.image.pk)]},
    ),
    api("POST", "bulk-edits/<uuid:edit_id>/undo/", **EDIT, path=_edit),
    api("GET", IMAGE, path=_image, reader=200),
    api("PATCH", IMAGE, **EDIT, path=_image, body=lambda w: {"class_name": "dog"}),
    api("DELETE", IMAGE, **EDIT, ok=204, path=_image),
    api("POST", f"{IMAGE}restore/", **EDIT, path=_image),
    api("GET", f"{IMAGE}file/", path=_image, reader=200),
    api("GET", f"{IMAGE}thumbnail/", path=_image, reader=200),
    api("GET", f"{IMAGE}neighbours/", path=_image),
    api("GET", f"{DATASET}embeddings/", path=_dataset),
    api("POST", f"{DATASET}embeddings/", **EDIT, ok=202, path=_dataset),
    api("GET", f"{DATASET}map/", path=_dataset),
    api("POST", f"{DATASET}map/", **EDIT, ok=202, path=_dataset),
    api("GET", f"{DATASET}instant-model/", path=_dataset),
    api("GET", f"{DATASET}label-grid/", path=_dataset),
    api("POST", f"{DATASET}label-grid/", **EDIT, path=_dataset, body=_confirmed),
    api("POST", f"{DATASET}annotations/", **EDIT, path=_dataset, body=_annotations),
    api("GET", f"{DATASET}classes/", path=_dataset, reader=200),
    api("POST", f"{DATASET}classes/", **EDIT, ok=201, path=_dataset, body=_name),
    api("GET", CLASS, path=_label),
    api("PATCH", CLASS, **EDIT, path=_label, body=_name),
    api("DELETE", CLASS, **EDIT, path=_label),
    api(
        "POST",
        f"{CLASS}merge/",
        **EDIT,
        path=_label,
        body=lambda w: {"into": str(w.second_label.pk)},
    ),
    api("GET", f"{DATASET}shares/", needs="admin", path=_dataset),
    api(
        "POST",
        f"{DATASET}shares/",
        needs="admin",
        ok=201,
        path=_dataset,
        body=lambda w: {"receiver": "any-other"},
    ),
    api("GET", f"{DATASET}quality/", path=_dataset),
    api("POST", f"{DATASET}quality/", **EDIT, ok=202, path=_dataset),
    api("GET", f"{DATASET}quality/items/", path=_dataset, query="?kind=blank"),
    # The image has another class than the one that was seen.
    api(
        "POST",
        f"{DATASET}quality/items/",
        **EDIT,
        ok=409,
        path=_dataset,
        body=lambda w: {"image": str(w.image.pk), "class_name": "as it was"},
    ),
    api("PATCH", ITEM, **EDIT, path=_item, body=lambda w: {"dismissed": True}),
    api("GET", f"{ITEM}images/", path=_item),
    api("GET", f"{DATASET}versions/", path=_dataset, reader=200),
    api("POST", f"{DATASET}versions/", **EDIT, ok=201, path=_dataset, body=_split),
    api("POST", f"{DATASET}versions/preview/", path=_dataset, body=_split),
    api("GET", "dataset-copies/", other=200),
    # Into an organization of the caller's; the reader's may, by a share with leave to copy.
    api("POST", "dataset-copies/", needs="editor", ok=202, other=400, reader=202, body=_copied),
    api("POST", "dataset-copies/preview/", needs="editor", other=400, reader=200, body=_copied),
    api("GET", "dataset-copies/<uuid:copy_id>/", path=lambda w: {"copy_id": w.copy.pk}),
    api("GET", VERSION, path=_version, reader=200),
    api("GET", f"{VERSION}samples/", path=_version, reader=200),
    api("GET", f"{VERSION}archive/", path=_version, reader=200),
    api("GET", f"{VERSION}diff/", path=_version, reader=200),
    api("GET", f"{VERSION}sheet/", path=_version),
    api("PATCH", f"{VERSION}sheet/", **EDIT, path=_version, body=_motivation),
    api("POST", f"{VERSION}restore/", **EDIT, path=_version),
]

PAGES = "datasets/"
PAGE = f"{PAGES}<uuid:dataset_id>/"
LABEL_PAGE = f"{PAGES}classes/<uuid:class_id>/"
IMAGE_PAGE = f"{PAGES}images/<uuid:image_id>/"
_shares = {"train": 60, "validation": 20, "test": 20, "seed": 0}

PAGE_ROWS = [
    page("GET", PAGES, other=200),
    page("GET", f"{PAGES}new/", other=200),
    page(
        "POST",
        f"{PAGES}new/",
        needs="editor",
        ok=302,
        # Whom the organization is not offered gets the form again.
        viewer=422,
        other=422,
        body=lambda w: {"name": "New", "organization": w.organization.pk},
    ),
    page("POST", f"{PAGES}sample/", ok=302, other=302),
    page("GET", f"{PAGES}trash/", other=200),
    page("GET", PAGE, path=_dataset, reader=200),
    page("GET", f"{PAGE}filters/", path=_dataset),
    page("GET", f"{PAGE}label/", **EDIT, path=_dataset),
    page("GET", f"{PAGE}label/grid/", **EDIT, path=_dataset),
    page("POST", f"{PAGES}edits/<uuid:edit_id>/undo/", **EDIT, ok=302, path=_edit),
    page("GET", f"{PAGES}copies/<uuid:copy_id>/", path=lambda w: {"copy_id": w.copy.pk}),
    page("GET", f"{PAGE}copy/", path=_dataset, reader=200),
    # Without an organization to copy into.
    page("POST", f"{PAGE}copy/", path=_dataset, ok=422, reader=422),
    page("GET", f"{PAGES}versions/<uuid:version_id>/copy/", path=_version, reader=200),
    page("POST", f"{PAGES}versions/<uuid:version_id>/copy/", path=_version, ok=422, reader=422),
    page("GET", f"{PAGE}settings/", path=_dataset),
    page("POST", f"{PAGE}settings/", **EDIT, ok=302, path=_dataset, body=_name),
    page(
        "POST",
        f"{PAGE}shares/",
        needs="admin",
        ok=302,
        path=_dataset,
        body=lambda w: {"receiver": "any-other"},
    ),
    page("POST", f"{PAGE}trash/", **EDIT, ok=302, path=_dataset),
    page("POST", f"{PAGE}restore/", **EDIT, ok=302, path=_trashed),
    page("GET", f"{PAGE}classes/", path=_dataset, reader=200),
    page("POST", f"{PAGE}classes/", **EDIT, ok=302, path=_dataset, body=_name),
    page("GET", LABEL_PAGE, path=_label),
    page("POST", f"{LABEL_PAGE}delete/", **EDIT, ok=302, path=_label),
    page("POST", f"{LABEL_PAGE}rename/", **EDIT, ok=302, path=_label, body=_name),
    page("POST", f"{LABEL_PAGE}note/", **EDIT, ok=302, path=_label),
    page(
        "POST",
        f"{LABEL_PAGE}merge/",
        **EDIT,
        ok=302,
        path=_label,
        body=lambda w: {"into": w.second_label.pk},
    ),
    page("GET", f"{PAGE}imports/", path=_dataset),
    page("POST", f"{PAGE}imports/", **EDIT, ok=302, path=_dataset, body=_archive),
    page("GET", f"{PAGES}imports/<uuid:import_id>/", path=_source),
    page(
        "POST",
        f"{PAGES}imports/<uuid:import_id>/licence/",
        **EDIT,
        ok=302,
        path=_source,
        body=_licence,
    ),
    page(
        "POST",
        f"{PAGES}imports/<uuid:import_id>/confirm/",
        **EDIT,
        ok=302,
        path=_asking,
        body=_layout,
    ),
    page("POST", f"{PAGES}imports/<uuid:import_id>/dismiss/", **EDIT, ok=302, path=_asking),
    page("GET", f"{PAGE}quality/", path=_dataset),
    page("POST", f"{PAGE}quality/", **EDIT, ok=302, path=_dataset),
    page(
        "GET",
        f"{PAGE}quality/<slug:kind>/",
        path=lambda w: {**_dataset(w), "kind": "blank"},
        reader=403,
    ),
    page("GET", f"{PAGE}versions/", path=_dataset, reader=200),
    page(
        "POST",
        f"{PAGE}versions/",
        **EDIT,
        ok=302,
        path=_dataset,
        body=lambda w: {"strategy": "stratified", **_shares},
    ),
    page("GET", f"{PAGE}map/", path=_dataset),
    page("POST", f"{PAGE}map/", **EDIT, ok=302, path=_dataset),
    page("POST", f"{PAGE}embeddings/", **EDIT, ok=302, path=_dataset),
    page("GET", f"{IMAGE_PAGE}neighbours/", path=_image),
    page(
        "GET",
        f"{PAGE}versions/preview/",
        path=_dataset,
        query="?strategy=stratified&train=80&validation=10&test=10&seed=0",
    ),
    page("GET", f"{PAGES}versions/<uuid:version_id>/", path=_version, reader=200),
    page("GET", f"{PAGES}versions/<uuid:version_id>/diff/", path=_version, reader=200),
    page("GET", f"{PAGES}versions/<uuid:version_id>/images/", path=_version, reader=200),
    page("GET", f"{PAGES}versions/<uuid:version_id>/sheet/", path=_version),
    page(
        "POST",
        f"{PAGES}versions/<uuid:version_id>/sheet/",
        **EDIT,
        ok=302,
        path=_version,
        body=_typed,
    ),
    page("POST", f"{PAGES}versions/<uuid:version_id>/restore/", **EDIT, ok=302, path=_version),
    page("GET", IMAGE_PAGE, path=_image, reader=200),
    page("POST", IMAGE_PAGE, **EDIT, ok=302, path=_image, body=lambda w: {
        "class_name": "dog", "expected_class_name": "cat"}),
    page("POST", f"{IMAGE_PAGE}exclude/", **EDIT, ok=302, path=_image,
         body=lambda world: {"excluded": "true"}),
    page("POST", f"{IMAGE_PAGE}trash/", **EDIT, ok=302, path=_image,
         body=lambda world: {"action": "trash"}),
]  # fmt: skip

ROWS = [*API_ROWS, *PAGE_ROWS]

FOREIGN_KEYS = [
    ForeignKey(
        "POST",
        f"{DATASET}quality/items/",
        "/image",
        path=_dataset,
        body=lambda w: {"image": str(w.other_image.pk), "class_name": "cat"},
    ),
    *(
        ForeignKey("POST", f"dataset-copies/{more}", f"/{name}", body=body)
        for more in ("", "preview/")
        for name, body in (
            ("version", lambda w: {"version": str(w.other_version_of_datasets.pk)}),
            ("dataset", lambda w: {"dataset": str(w.other_dataset.pk)}),
            (
                "organization",
                lambda w: {**_copied(w), "organization": w.other_organization.slug},
            ),
        )
    ),
    ForeignKey(
        "POST",
        "datasets/",
        "/organization",
        body=lambda w: {"name": "x", "organization": w.other_organization.slug},
    ),
    ForeignKey(
        "POST",
        f"{DATASET}imports/",
        "/upload",
        path=_dataset,
        body=lambda w: {"upload": str(w.other_upload.pk)},
    ),
    ForeignKey(
        "POST",
        f"{DATASET}annotations/",
        "/annotations/0/image",
        path=_dataset,
        body=lambda w: {"annotations": [{"image": str(w.other_image.pk), "class_name": "x"}]},
    ),
    ForeignKey(
        "POST",
        f"{DATASET}label-grid/",
        "/groups/0/rejected/0",
        path=_dataset,
        body=lambda w: {
            "groups": [{"class_name": "x", "images": [], "rejected": [str(w.other_image.pk)]}]
        },
    ),
    ForeignKey(
        "POST",
        f"{DATASET}label-grid/",
        "/groups/0/images/0",
        path=_dataset,
        body=lambda w: {"groups": [{"class_name": "x", "images": [str(w.other_image.pk)]}]},
    ),
    ForeignKey(
        "POST",
        f"{DATASET}images/bulk/",
        "/images/0",
        path=_dataset,
        body=lambda w: {"action": "trash", "images": [str(w.other_image.pk)]},
    ),
    ForeignKey(
        "POST",
        f"{CLASS}merge/",
        "/into",
        path=_label,
        body=lambda w: {"into": str(w.other_label.pk)},
    ),
]
