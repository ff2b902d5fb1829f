"""Runs side by side."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.pages.selectors.comparison import PARAMETERS, CompareQuery, comparison
from common.page_query import KnownQuery


class Compare(LoginRequiredMixin, KnownQuery):
    """Runs in a table, their curves overlaid, and accuracy against speed and size."""

    query_parameters = PARAMETERS
    repeated_parameters = ("run", "column")

    def get(self, request: HttpRequest) -> HttpResponse:
        query = CompareQuery.from_address(request.GET)
        return render(request, "classifier/training/compare.html", comparison(request.user, query))
