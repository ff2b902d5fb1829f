"""`learning-rate-searches/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import RateSearch
from classifier.training.selectors.rate_searches import visible_search, visible_searches
from classifier.training.serializers.rate_searches import (
    RateSearchDetailSerializer,
    RateSearchInput,
    RateSearchSerializer,
)
from classifier.training.services.search_rate import start_search
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class RateSearchList(IdempotentMixin, generics.ListAPIView):
    """The searches for a learning rate of the caller's organizations."""

    serializer_class = RateSearchSerializer
    queryset = RateSearch.objects.none()

    def get_queryset(self):
        return visible_searches(self.request.user)

    @extend_schema(
        summary="Search for a learning rate",
        description="A range test: a hundred steps of the training at learning rates that grow "
        "from the lowest to the highest that the setting takes, on up to 3,200 images of the train "
        "split; no weights are kept. Takes a minute or so, at most half an hour; "
        "`POST jobs/{id}/cancel/` ends it. 400 for a preset that takes no steps (a classic "
        "method), 409 `too_many_open` for a third one of a person's at a time. Needs the "
        "role editor.",
        request=RateSearchInput,
        responses={202: RateSearchDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        body = RateSearchInput.read(request.data, context={"request": request})
        search = start_search(user=request.user, **body)
        return accepted(RateSearchDetailSerializer(search).data, search.job)


class RateSearchDetail(APIView):
    """One search."""

    @extend_schema(
        summary="Show a search for a learning rate with its curve",
        responses=RateSearchDetailSerializer,
    )
    def get(self, request: Request, search_id: uuid.UUID) -> Response:
        search = visible_search(request.user, search_id)
        return Response(RateSearchDetailSerializer(search).data)
