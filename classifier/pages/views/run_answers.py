"""The parts of a run's page that follow its answers to the validation split."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views import View

from classifier.models import TrainingRun
from classifier.pages.selectors.answer_strips import Moment, lines_of, moment_of, strips_of
from classifier.training.selectors.runs import visible_run

_CLASSES = 20
_SEARCH_LENGTH = 120


class RunWatched(LoginRequiredMixin, View):
    """The images whose answers people watch."""

    def get(self, request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
        run = visible_run(request.user, run_id)
        moment = moment_of(run)
        context = {"run": run, "moment": moment, "strips": strips_of(run, moment)}
        return render(request, "classifier/training/run_watched_list.html", context)


class RunClasses(LoginRequiredMixin, View):
    """The accuracy of each class, worst first, some at a time."""

    def get(self, request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
        run = visible_run(request.user, run_id)
        search, page = request.GET.get("q", ""), request.GET.get("page")
        context = {"run": run, **class_context(run, moment_of(run), search, page)}
        return render(request, "classifier/training/run_class_list.html", context)


def class_context(
    run: TrainingRun, moment: Moment, search: str = "", page: str | None = None
) -> dict[str, Any]:
    """Return the classes of a page of the list; `next_query` leads on to the next."""
    search = search.strip()[:_SEARCH_LENGTH]
    shown = Paginator(lines_of(run, moment, search), _CLASSES).get_page(page)
    following = {"q": search, "page": shown.number + 1}
    return {
        "moment": moment,
        "search": search,
        "classes": shown,
        "next_query": urlencode(following) if shown.has_next() else "",
    }
