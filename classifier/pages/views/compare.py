"""Runs side by side."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from classifier.pages.selectors.comparison import CompareQuery, comparison


class Compare(LoginRequiredMixin, View):
    """Runs in a table, their curves overlaid, and accuracy against speed and size."""

    def get(self, request: HttpRequest) -> HttpResponse:
        query = CompareQuery.from_address(request.GET)
        return render(request, "classifier/training/compare.html", comparison(request.user, query))
