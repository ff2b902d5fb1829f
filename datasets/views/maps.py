"""The map of a dataset, the images that look like one, and the start of their embeddings."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from common.middleware import POLICY
from datasets import kinds
from datasets.models import DatasetMap
from datasets.selectors.classes import class_names
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.images import visible_image
from datasets.selectors.jobs_under_way import job_under_way
from datasets.selectors.vectors import baseline_accuracy, vector_source
from datasets.services.vectors.embedding import (
    embed_for_viewer,
    embedder_at_hand,
    running_embedding,
    start_embedding,
)
from datasets.services.vectors.maps import start_map
from datasets.services.vectors.neighbours import look_alikes
from datasets.views.dataset_page import dataset_page
from datasets.views.tiles import tile
from jobs.selectors.panels import job_panel

# regl, which draws the points, compiles its commands with `new Function` (docs/adr/0007).
_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'")
_STRIP = 14


class MapPage(LoginRequiredMixin, View):
    """All images in two dimensions; the points come from the API."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        source = vector_source(dataset)
        if source.embedded < source.images:
            embed_for_viewer(dataset)
        baseline = baseline_accuracy(dataset, source)
        embedding_job = running_embedding(dataset)
        map_job = job_under_way(dataset, kinds.COMPUTE_MAP)
        context = dataset_page(request.user, dataset, "map") | {
            "class_names": class_names(dataset),
            "source": source,
            "baseline": None if baseline is None else 100 * baseline,
            "weights_at_hand": embedder_at_hand() is not None,
            "embedding_panel": embedding_job and job_panel(request.user, embedding_job),
            "map_panel": map_job and job_panel(request.user, map_job),
            "has_map": DatasetMap.objects.filter(dataset=dataset).exists(),
            "map_url": reverse("api:dataset-map", args=[dataset.pk]),
            "annotations_url": reverse("api:annotation-list", args=[dataset.pk]),
        }
        response = render(request, "datasets/map.html", context)
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        start_map(user=request.user, dataset=visible_dataset(request.user, dataset_id))
        return redirect("datasets:map", dataset_id)


class EmbeddingsStart(LoginRequiredMixin, View):
    """Starts the embeddings of a dataset."""

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        start_embedding(user=request.user, dataset=visible_dataset(request.user, dataset_id))
        messages.success(request, "Embeddings are being computed.")
        return redirect("datasets:map", dataset_id)


class Neighbours(LoginRequiredMixin, View):
    """The strip of images that look like one, as a part of its page."""

    def get(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id)
        found = look_alikes(image, _STRIP)
        if not found.by_backbone:
            embed_for_viewer(image.dataset)
        tiles = [(tile(image), similarity) for image, similarity in found.images]
        context = {"found": found, "tiles": tiles}
        return render(request, "datasets/parts/neighbours.html", context)
