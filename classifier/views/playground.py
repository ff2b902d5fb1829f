"""The Playground: drop an image, read what a model says."""

from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from classifier.models import ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.selectors.models import visible_models
from classifier.selectors.samples import some_test_samples


class Playground(LoginRequiredMixin, View):
    """Asks a model about images, by the same call as the API's clients."""

    def get(self, request: HttpRequest) -> HttpResponse:
        models = list(visible_models(request.user).filter(alias_set__alias=CHAMPION))
        models.sort(key=lambda model: model.ready_made)
        model = _chosen(models, request.GET.get("model", ""))
        context: dict[str, Any] = {"models": models, "model": model}
        if model is not None:
            path = reverse("api:predict", args=[model.pk])
            version = _live(model)
            context |= {
                "predict_url": path,
                "version": version,
                "samples": some_test_samples(version) if version else [],
                "curl": _curl(path),
                "python": _python(path),
            }
        return render(request, "classifier/playground.html", context)


def _chosen(models: list[RegisteredModel], wanted: str) -> RegisteredModel | None:
    return next(
        (model for model in models if str(model.pk) == wanted), models[0] if models else None
    )


def _live(model: RegisteredModel) -> ModelVersion | None:
    pointers = [pointer for pointer in model.alias_set.all() if pointer.alias == CHAMPION]
    return pointers[0].version if pointers else None


def _curl(path: str) -> str:
    return (
        f"curl {settings.PUBLIC_URL}{path} \\\n"
        '  -H "Authorization: Bearer $LOUPE_TOKEN" \\\n'
        "  -F images=@picture.jpg"
    )


def _python(path: str) -> str:
    return (
        "import os\n\nimport requests\n\n"
        'with open("picture.jpg", "rb") as picture:\n'
        "    answer = requests.post(\n"
        f'        "{settings.PUBLIC_URL}{path}",\n'
        '        headers={"Authorization": f"Bearer {os.environ[\'LOUPE_TOKEN\']}"},\n'
        '        files={"images": picture},\n'
        "    )\n"
        "answer.raise_for_status()\n"
        'for guess in answer.json()["predictions"][0]["classes"]:\n'
        "    print(f\"{guess['class_name']}: {guess['probability']:.1%}\")"
    )
