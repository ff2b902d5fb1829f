"""The card of a model version and the draft of Annex IV, with their texts to edit in place."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.models import User
from classifier.models import ModelVersion
from classifier.pages.views.models import can_edit
from classifier.registry.selectors.card.annex import annex_of
from classifier.registry.selectors.card.card import card_of
from classifier.registry.selectors.models import visible_version
from classifier.registry.services.write_card import write_card
from common.documents.parts import Document
from common.documents.write import write_posted

_TABS = {"model_card": "Model card", "annex_iv": "EU AI Act, Annex IV"}


class VersionDocument(LoginRequiredMixin, View):
    """A document of a version; a text posted is kept. `name` is the route's, of pages and API."""

    name = ""
    document_of: Callable[[User, ModelVersion], Document]

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        return self._page(request, visible_version(request.user, version_id))

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        write = partial(write_card, user=request.user, version=version)
        if faulty := write_posted(request.POST, write):
            return self._page(request, version, faulty)
        place = f"say-{request.POST.get('field', '')}"
        return redirect(f"{reverse(f'classifier:{self.name}', args=[version.pk])}#{place}")

    def _page(
        self, request: HttpRequest, version: ModelVersion, faulty: dict[str, str] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "version": version,
            "document": type(self).document_of(request.user, version),
            "tabs": [
                {
                    "label": label,
                    "url": reverse(f"classifier:{name}", args=[version.pk]),
                    "active": name == self.name,
                }
                for name, label in _TABS.items()
            ],
            "title": _TABS[self.name],
            "faulty": faulty,
            "can_edit": can_edit(request, version.model),
            "download_url": reverse(f"api:{self.name.replace('_', '-')}", args=[version.pk]),
        }
        return render(
            request, "classifier/registry/card.html", context, status=422 if faulty else 200
        )


class ModelCard(VersionDocument):
    """The card."""

    name = "model_card"
    document_of = staticmethod(card_of)


class TechnicalDocumentation(VersionDocument):
    """The draft of Annex IV."""

    name = "annex_iv"
    document_of = staticmethod(annex_of)
