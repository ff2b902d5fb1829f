"""Home: what runs, what needs me."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from classifier.pages.selectors.home import home_of
from jobs.selectors.jobs import page_of
from jobs.selectors.shape import describe


class HomePage(LoginRequiredMixin, View):
    """The first page after signing in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        home = home_of(request.user)
        active = [{"job": describe(job), "page": page_of(job)} for job in home.active_jobs]
        context = {"home": home, "active": active}
        return render(request, "classifier/pages/home.html", context)
