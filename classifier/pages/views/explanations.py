"""A part of an image's page: what a model sees in it."""

import uuid

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.pages.selectors.explanations import versions_to_explain
from common.page_query import KnownQuery
from datasets.selectors.images import visible_image

# More classes are typed, not chosen.
_MOST_CHOICES = 200


class ImageExplanations(LoginRequiredMixin, KnownQuery):
    """Which model, which class; and its heat-map once one is chosen."""

    query_parameters = ("version", "class_name")

    def get(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id, in_trash=True)
        versions = versions_to_explain(request.user, image)
        wanted = request.GET.get("version", "")
        chosen = next((each for each in versions if str(each.pk) == wanted), None)
        version = chosen or (versions[0] if versions else None)
        class_names = version.class_names if version else []
        class_name = request.GET.get("class_name", "")
        context = {
            "image": image,
            "versions": versions,
            "version": version,
            "shown": chosen is not None,
            "class_names": class_names,
            "are_typed": len(class_names) > _MOST_CHOICES,
            # The class of another version is no class of this one.
            "class_name": class_name if class_name in class_names else "",
        }
        return render(request, "classifier/explanations/image.html", context)
