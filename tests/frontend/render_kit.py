"""Serve the kit page: every component of templates/components/ and every part of the JavaScript.

    python tests/frontend/render_kit.py 8765

then open http://127.0.0.1:8765/. A site of its own, with minimal settings and no database: what it
shows is the real templates, styles and modules under the real Content-Security-Policy, stricter in
that inline styles are refused too. It answers the few API calls the parts make with fixed data.
"""

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import include, path
from kit_data import JOB_ID, WAITING_ID, digits, epochs, kit_context, tiles

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "platform" / "frontend"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
CANCELLED: set[str] = set()

settings.configure(
    REPOSITORY_DIR=ROOT,
    DEBUG=True,
    SECRET_KEY="only for the kit page",
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.humanize",
        "django.contrib.staticfiles",
        "django.forms",
        "django_htmx",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        f"{__name__}.policy",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
    FORM_RENDERER="django.forms.renderers.TemplatesSetting",
    STATIC_URL="/static/",
    STATICFILES_DIRS=[FRONTEND / "dist", ("css", FRONTEND / "css"), ("js", FRONTEND / "js")],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates", ROOT / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {
                "libraries": {
                    "explain": "common.templatetags.explain",
                    "moments": "common.templatetags.moments",
                    "version": "common.templatetags.version",
                },
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }
    ],
)
django.setup()


def policy(get_response: Any) -> Any:
    """Middleware: the policy on every answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return middleware


def kit(request: HttpRequest) -> HttpResponse:
    """The kit page, as a signed-in operator sees it."""
    request.user = SimpleNamespace(
        is_authenticated=True, is_staff=True, get_username=lambda: "ada.lovelace"
    )
    return render(request, "kit.html", kit_context())


def tiles_page(request: HttpRequest) -> HttpResponse:
    """A further page of the gallery, as a fragment."""
    page = int(request.GET["page"])
    count, last = int(request.GET.get("count", 48)), int(request.GET.get("last", 5))
    query = f"page={page + 1}&count={count}&last={last}"
    following = f"/tiles/?{query}" if page < last else ""
    return render(request, "tiles.html", {"images": tiles(page, count), "next_url": following})


def thumbnail(request: HttpRequest, number: int) -> HttpResponse:
    """One digit as a PNG."""
    from PIL import Image

    pixels = (255 - digits().images[number] * 15.9).astype("uint8")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return HttpResponse(buffer.getvalue(), content_type="image/png")


def job(request: HttpRequest, job_id: str) -> JsonResponse:
    """A job that waits for three others."""
    return JsonResponse({"id": job_id, "status": "queued", "queue_position": 4, "progress": {}})


def cancel(request: HttpRequest, job_id: str) -> JsonResponse:
    """What POST jobs/{id}/cancel/ answers."""
    CANCELLED.add(job_id)
    return JsonResponse({"id": job_id, "status": "queued"})


def job_events(request: HttpRequest, job_id: str) -> StreamingHttpResponse:
    """A job of twelve epochs, about three seconds long, as server-sent events.

    The waiting job's stream is silent until it is cancelled.
    """

    def stream() -> Iterator[str]:
        number = 0

        def event(kind: str, data: dict[str, Any]) -> str:
            nonlocal number
            number += 1
            return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"

        if job_id == WAITING_ID:
            CANCELLED.discard(job_id)
            yield event("status", {"id": job_id, "status": "queued"})
            while job_id not in CANCELLED:
                time.sleep(0.1)
                yield ": still here\n\n"
            yield event("status", {"id": job_id, "status": "cancelled"})
            return
        yield event("status", {"id": job_id, "status": "running"})
        for row in epochs(12):
            time.sleep(0.25)
            done = int(row["epoch"]) * 1437
            yield event("epoch", row)
            yield event("log", {"message": f"epoch {row['epoch']}: loss {row['loss']:.4f}"})
            progress = {
                "done": done,
                "total": 12 * 1437,
                "unit": "images",
                "message": f"Epoch {row['epoch']} of 12",
                "rate": 5748,
                "eta_seconds": (12 - row["epoch"]) * 0.25,
            }
            yield event("progress", progress)
        yield event("status", {"id": job_id, "status": "succeeded", "result": None, "error": None})

    return StreamingHttpResponse(stream(), content_type="text/event-stream")


def imports(request: HttpRequest) -> JsonResponse:
    """What POST datasets/{id}/imports/ answers."""
    files = request.FILES.getlist("archive")
    return JsonResponse({"id": "1", "size": files[0].size, "job": {"id": JOB_ID}}, status=202)


def images(request: HttpRequest) -> JsonResponse:
    """What POST datasets/{id}/images/ answers; text files are refused."""
    results = []
    for file in request.FILES.getlist("images"):
        refused = {"code": "not_an_image", "detail": "This is not an image. Allowed: JPEG, PNG."}
        good = not file.name.endswith(".txt")
        results.append(
            {"name": file.name, **({"status": 201} if good else {"status": 422, **refused})}
        )
    answer = {"class_name": request.POST.get("class_name"), "results": results}
    return JsonResponse(answer, status=207)


def news(request: HttpRequest) -> JsonResponse:
    """The number of running jobs; none has ended."""
    return JsonResponse({"now": "2026-07-01T12:00:00Z", "active": 2, "ended": []})


def refused(request: HttpRequest) -> JsonResponse:
    """A problem, for an htmx request that fails."""
    return JsonResponse({"title": "Not allowed", "detail": "Viewers cannot relabel."}, status=403)


def relabel(request: HttpRequest) -> HttpResponse:
    """What a page answers after a bulk action: an announcement with Undo."""
    message = {"message": "12 images relabelled", "undo_url": "/undo/"}
    return HttpResponse("", headers={"HX-Trigger": json.dumps({"loupe:toast": message})})


def undo(request: HttpRequest) -> JsonResponse:
    """The Undo of relabel."""
    return JsonResponse({})


def error_page(request: HttpRequest, code: int) -> HttpResponse:
    """403.html, 404.html or 500.html."""
    return render(request, f"{code}.html", status=code)


def one(name: str, app: str) -> Any:
    """A namespace with a single address that shows the kit."""
    return include(([path("", kit, name=name)], app))


urlpatterns = [
    path("", kit, name="home"),
    path("datasets/", one("list", "datasets")),
    path("training/", include(([path("", kit, name="run_list")], "classifier"))),
    path(
        "jobs/",
        include(([path("", kit, name="list"), path("news/", news, name="news")], "jobs")),
    ),
    path(
        "organizations/",
        include(
            (
                [path("", kit, name="organizations"), path("sessions/", kit, name="sessions")],
                "accounts",
            )
        ),
    ),
    path("factors/", kit, name="mfa_index"),
    path("tiles/", tiles_page),
    path("thumbnails/<int:number>.png", thumbnail),
    path("api/v1/jobs/<str:job_id>/", job),
    path("api/v1/jobs/<str:job_id>/events/", job_events),
    path("api/v1/jobs/<str:job_id>/cancel/", cancel),
    path("api/v1/imports/", imports),
    path("api/v1/images/", images),
    path("relabel/", relabel),
    path("refused/", refused),
    path("undo/", undo),
    path("errors/<int:code>/", error_page),
]


def main() -> None:
    """Serve until interrupted."""
    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", "--noreload", "--skip-checks")


if __name__ == "__main__":
    main()
