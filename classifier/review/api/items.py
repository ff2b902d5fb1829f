"""`review-items/`."""

import uuid

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors.organizations import organization_for_work
from classifier.models import ReviewItem
from classifier.review.filters import ReviewItemFilter
from classifier.review.selectors.items import (
    ORDERINGS,
    UNCERTAINTY,
    visible_item,
    visible_items,
)
from classifier.review.selectors.queue import narrowed, queue_counts
from classifier.review.serializers.items import (
    AnswerInput,
    ClaimedSerializer,
    ClaimInput,
    ReleasedSerializer,
    ReleaseInput,
    ReviewItemSerializer,
)
from classifier.review.services.answer import answer_item, skip_item, undo_answer
from classifier.review.services.claim import claim, release
from common.inputs import require_no_body
from common.pagination import NewestFirstPagination


class QueuePagination(NewestFirstPagination):
    """Pages in the order that was asked for."""

    # Many items are equally uncertain; the queue is bounded.
    offset_cutoff = None  # type: ignore[assignment]

    def get_ordering(self, request, queryset, view):
        """Return the fields of the order."""
        order = request.query_params.get("order", UNCERTAINTY)
        return ORDERINGS.get(order, ORDERINGS[UNCERTAINTY])


@extend_schema_view(
    get=extend_schema(
        summary="The open items of the review queue",
        description="To read: `review-items/claim/` gives a person items to answer, which no other "
        "person gets.",
    )
)
class ReviewItemList(generics.ListAPIView):
    """The review queue."""

    serializer_class = ReviewItemSerializer
    filterset_class = ReviewItemFilter
    pagination_class = QueuePagination
    queryset = ReviewItem.objects.none()

    def get_queryset(self):
        return visible_items(self.request.user).open()


class ReviewItemDetail(APIView):
    """One item."""

    @extend_schema(summary="Show an item of the review queue", responses=ReviewItemSerializer)
    def get(self, request: Request, item_id: uuid.UUID) -> Response:
        return Response(ReviewItemSerializer(visible_item(request.user, item_id)).data)


class ReviewItemClaim(APIView):
    """Items to answer."""

    @extend_schema(
        summary="Take items to answer",
        description="Those that the caller holds come first. Each is the caller's for ten minutes, "
        "and no other person gets it in that time; those of a person who leaves come free. A "
        "person holds up to 20: of more the oldest come free. Needs the role editor.",
        request=ClaimInput,
        responses=ClaimedSerializer,
    )
    def post(self, request: Request) -> Response:
        body = ClaimInput.read(request.data, context={"request": request})
        organization = organization_for_work(request.user, body.get("organization"))
        asked = narrowed(
            visible_items(request.user),
            model=body.get("model"),
            dataset=body.get("dataset"),
            reason=body.get("reason"),
        )
        taken = claim(
            user=request.user,
            organization=organization,
            items=asked,
            order=body["order"],
            count=body["count"],
            skipped=body["skipped"],
        )
        counts = queue_counts(asked, organization, request.user)
        return Response(ClaimedSerializer({"items": taken, **counts}).data)


class ReviewItemRelease(APIView):
    """Leave."""

    @extend_schema(
        summary="Let go of the items that one holds",
        request=ReleaseInput,
        responses=ReleasedSerializer,
    )
    def post(self, request: Request) -> Response:
        body = ReleaseInput.read(request.data)
        organization = organization_for_work(request.user, body.get("organization"))
        count = release(user=request.user, organization=organization, only=body.get("items"))
        return Response({"released": count})


class ReviewItemAnswer(APIView):
    """An answer."""

    @extend_schema(
        summary="Answer an item, or pass it over",
        description="An image of a dataset gets the class, as an annotation whose source is "
        "`review`. 409 `answered` where someone has answered it, `claimed` while another person is "
        "deciding it, `changed_meanwhile` where the image was labelled elsewhere. Needs the role "
        "editor.",
        request=AnswerInput,
        responses=ReviewItemSerializer,
    )
    def post(self, request: Request, item_id: uuid.UUID) -> Response:
        item = visible_item(request.user, item_id)
        body = AnswerInput.read(request.data, context={"request": request})
        if body.get("skip"):
            item = skip_item(user=request.user, item=item)
        else:
            item = answer_item(
                user=request.user,
                item=item,
                class_name=body["class_name"],
                add_to_dataset=body.get("add_to_dataset"),
            )
        return Response(ReviewItemSerializer(item).data)


class ReviewItemUndo(APIView):
    """Back to what was before."""

    @extend_schema(
        summary="Take back an answer of one's own",
        description="The image is as it was before, and the item the caller's to answer. 409 "
        "`changed_meanwhile` where the image has another class by now.",
        request=None,
        responses=ReviewItemSerializer,
    )
    def post(self, request: Request, item_id: uuid.UUID) -> Response:
        require_no_body(request)
        item = undo_answer(user=request.user, item=visible_item(request.user, item_id))
        return Response(ReviewItemSerializer(item).data)
