"""The Playground: drop an image, read what a model says."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from classifier.models import RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.models.archived import listed
from classifier.models.decision import with_vectors
from classifier.pages.client_wheel import client_wheel
from classifier.prediction.selectors.predictions import some_test_samples
from classifier.prediction.services.answers import MAX_IMAGE_BYTES, MAX_IMAGES, MAX_TOTAL_BYTES
from classifier.registry.selectors.availability import live_version
from classifier.registry.selectors.models import readable_models
from common.page_query import KnownQuery

# Answer sets hold the true class with this chance.
COVERAGE = "0.9"


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
                "samples": some_test_samples(version) if version and not model.is_shared else [],
                "curl": _curl(path),
                "python": _python(model),
            }
        return render(request, "classifier/prediction/playground.html", context)


def _chosen(models: list[RegisteredModel], wanted: str) -> RegisteredModel | None:
    return next(
        (model for model in models if str(model.pk) == wanted), models[0] if models else None
    )


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
