"""Runs side by side, and the images whose answer changed between two reports."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from classifier.evaluation.selectors.changes import KINDS, PAGE, changes
from classifier.evaluation.selectors.reports import visible_report
from classifier.pages.selectors.comparison import CompareQuery, comparison
from common.ids import id_in

_TITLES = {"fixed": "Wrong, now right", "broken": "Right, now wrong", "other": "Wrong otherwise"}


class Compare(LoginRequiredMixin, View):
    """Runs in a table, their curves overlaid, and accuracy against speed and size."""

    def get(self, request: HttpRequest) -> HttpResponse:
        query = CompareQuery.from_address(request.GET)
        return render(request, "classifier/training/compare.html", comparison(request.user, query))


class ChangedAnswers(LoginRequiredMixin, View):
    """The images that two models answer differently, as pictures."""

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        after = visible_report(request.user, report_id)
        before = visible_report(request.user, id_in(request.GET.get("against")))
        found = changes(before, after)
        asked = request.GET.get("change", "")
        kind = asked if asked in KINDS else KINDS[0]
        page = Paginator(range(found.counts[kind]), PAGE).get_page(request.GET.get("page"))
        context: dict[str, Any] = {
            "found": found,
            "kind": kind,
            "kinds": [(each, _TITLES[each], found.counts[each]) for each in KINDS],
            "rows": found.page(kind, page.number),
            "page": page,
        }
        return render(request, "classifier/evaluation/changes.html", context)
