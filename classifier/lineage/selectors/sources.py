"""What a dataset version was frozen from: imports, and images that came without an archive."""

from django.db.models import Count
from django.urls import reverse

from accounts.models import User
from classifier.lineage.selectors import nodes
from classifier.lineage.selectors.graph import Graph, Node, NodeType
from datasets.models import DatasetCopy, DatasetVersion, Import, Sample


def add_sources(graph: Graph, user: User, version: DatasetVersion, key: str, most: int) -> None:
    """Add where the version's images came from, the largest first; for members of its organization.

    Who only reads a dataset that is shared sees the version, and not what it was made of.
    """
    if any(end == key for _, end in graph.edges):
        return
    if not DatasetVersion.objects.for_user(user).filter(pk=version.pk).exists():
        return
    copies = list(DatasetCopy.objects.filter(dataset=version.dataset_id))
    for copy in copies:
        graph.add(nodes.copied(copy), before=key)
    rows = (
        Sample.objects.filter(version=version)
        .order_by()
        .values_list("image__source", "image__sent")
        .annotate(images=Count("pk"))
        .order_by("-images", "image__source")
    )
    counts = list(rows)
    # Of a dataset in the trash, its versions alone have pages.
    opens = version.dataset.deleted_at is None
    imports = Import.objects.in_bulk([source for source, *_ in counts if source][:most])
    shown = 0
    for source, sent, images in counts:
        if source and source in imports:
            graph.add(_of_import(imports[source], images, opens=opens), before=key)
            shown += 1
        elif not source and (sent or not copies):
            # What came with a copy, the copy says.
            graph.add(_without_archive(version, images, sent=sent, opens=opens), before=key)
    if (more := sum(1 for source, *_ in counts if source) - shown) > 0:
        graph.add(
            Node(
                f"more:imports:{version.pk}",
                NodeType.MORE,
                f"and {more:,} more import{'' if more == 1 else 's'}",
                page=reverse("datasets:imports", args=[version.dataset_id]) if opens else "",
                api=reverse("api:import-list", args=[version.dataset_id]) if opens else "",
                count=more,
            ),
            before=key,
        )


def _images(number: int) -> str:
    return f"{number:,} image{'' if number == 1 else 's'} of it"


def _of_import(source: Import, images: int, *, opens: bool) -> Node:
    return Node(
        f"{NodeType.IMPORT}:{source.pk}",
        NodeType.IMPORT,
        source.archive_name,
        _images(images),
        source.pk,
        reverse("datasets:import", args=[source.pk]) if opens else "",
        reverse("api:import-detail", args=[source.pk]) if opens else "",
    )


def _without_archive(version: DatasetVersion, images: int, *, sent: bool, opens: bool) -> Node:
    title = "Without an archive" if sent else "Source not known"
    word = "sent" if sent else "before"
    return Node(
        f"{NodeType.UPLOADS}:{word}:{version.pk}",
        NodeType.UPLOADS,
        title,
        _images(images),
        page=reverse("datasets:detail", args=[version.dataset_id]) if opens else "",
        count=images,
    )
