"""The Playground: drop an image, read what a model says."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Organization, User
from accounts.roles import Role
from accounts.selectors.sharing import payer
from classifier.models import ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.models.archived import listed
from classifier.models.decision import with_vectors
from classifier.pages.client_wheel import client_wheel
from classifier.pages.views.models import can_edit
from classifier.prediction.selectors.kept import keeping_of
from classifier.prediction.selectors.predictions import some_test_samples
from classifier.prediction.services.answers import MAX_IMAGE_BYTES, MAX_IMAGES, MAX_TOTAL_BYTES
from classifier.registry.selectors.availability import live_version
from classifier.registry.selectors.models import readable_models
from common.errors import DomainError
from common.page_query import KnownQuery
from datasets.models import Dataset

# Answer sets hold the true class with this chance.
COVERAGE = "0.9"
# Datasets that a picture can be added to from here.
MOST_DATASETS = 200
_NO_ID = uuid.UUID(int=0)


class Playground(LoginRequiredMixin, KnownQuery):
    """Asks a model about images, by the same call as the API's clients."""

    query_parameters = ("model",)

    def get(self, request: HttpRequest) -> HttpResponse:
        live = listed(readable_models(request.user)).filter(alias_set__alias=CHAMPION)
        models = [model for model in live if live_version(model)]
        models.sort(key=lambda model: model.built_in)
        wanted = request.GET.get("model", "")
        model = _chosen(models, wanted)
        if model is not None and wanted not in ("", str(model.pk)):
            messages.warning(
                request, f"The model asked for has no live version; this is {model.name} instead."
            )
        context: dict[str, Any] = {"models": models, "model": model}
        if model is not None:
            path = reverse("api:predict", args=[model.pk])
            version = live_version(model)
            rule_name = version.rule_name if version else ""
            account = _payer(request.user, model)
            keeping = keeping_of(account) if account else None
            context |= {
                "coverage": COVERAGE if rule_name else None,
                "has_vectors": with_vectors(rule_name),
                "predict_url": path,
                "limits": {
                    "images": MAX_IMAGES,
                    "image_bytes": MAX_IMAGE_BYTES,
                    "total_bytes": MAX_TOTAL_BYTES,
                },
                "version": version,
                "payer": account,
                "keeping": keeping if keeping and keeping.enabled else None,
                "wrong": _datasets(request.user, version, account),
                "may_link": not model.built_in and can_edit(request, model),
                "samples": some_test_samples(version) if version and not model.is_shared else [],
                "curl": _curl(path),
                "python": _python(model),
            }
        return render(request, "classifier/prediction/playground.html", context)


def _chosen(models: list[RegisteredModel], wanted: str) -> RegisteredModel | None:
    return next(
        (model for model in models if str(model.pk) == wanted), models[0] if models else None
    )


def _payer(user: User, model: RegisteredModel) -> Organization | None:
    """Return on whose account the person asks; None where the call itself will say why not."""
    try:
        return payer(user, model.subject)
    except DomainError:
        return None


def _datasets(
    user: User, version: ModelVersion | None, account: Organization | None
) -> dict[str, Any]:
    """Return the datasets that a wrong answer's picture can go to: the version's own is chosen."""
    rows = Dataset.objects.for_user(user, Role.EDITOR).alive().select_related("organization")
    targets = [
        {
            "id": str(each.pk),
            "name": each.name,
            "organization": each.organization.name,
            "slug": each.organization.slug,
        }
        for each in rows.order_by("name", "pk")[:MOST_DATASETS]
    ]
    learned = str(version.dataset_version.dataset_id) if version and version.dataset_version else ""
    return {
        "targets": targets,
        # What a shared model was made from is its owner's alone.
        "chosen": learned if any(each["id"] == learned for each in targets) else "",
        "payer": account.slug if account else "",
        "image_url": reverse("datasets:image", args=[_NO_ID]),
    }


def _curl(path: str) -> str:
    return (
        f"curl {settings.PUBLIC_URL}{path} \\\n"
        '  -H "Authorization: Bearer $LOUPE_TOKEN" \\\n'
        "  -F images=@picture.jpg"
    )


def _python(model: RegisteredModel) -> str:
    wheel = client_wheel()
    install = f"# pip install {settings.PUBLIC_URL}{wheel}\n" if wheel else ""
    return (
        f"{install}"
        "import loupe\n\n"
        f'client = loupe.connect("{settings.PUBLIC_URL}")  # by the token in LOUPE_TOKEN\n'
        f'model = client.model("{model.pk}")\n'
        'for guess in model.predict("picture.jpg")[0].classes:\n'
        '    print(f"{guess.class_name}: {guess.probability:.1%}")'
    )
