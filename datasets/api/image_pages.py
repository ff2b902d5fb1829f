"""Pages of a dataset's images, by certainty where that is asked for."""

from typing import Any

from rest_framework.pagination import Cursor
from rest_framework.request import Request

from common.errors import NotFound
from common.pagination import NewestFirstPagination
from datasets.models import Image
from datasets.selectors.certainty import ORDERINGS, ByCertainty, Place


class ImagePagination(NewestFirstPagination):
    """Newest first, or in one of `ORDERINGS`."""

    _links: tuple[str | None, str | None] | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return the images of the page; raises `NotFound` for a cursor that we did not make."""
        ordering = request.query_params.get("ordering", "")
        if ordering not in ORDERINGS:
            return super().paginate_queryset(queryset, request, view)
        self.request, self.base_url = request, request.build_absolute_uri()
        cursor = self.decode_cursor(request)
        place = Place.read(str(cursor.position)) if cursor else None
        if cursor is not None and place is None:
            raise NotFound(
                "This cursor is none of ours: follow `next` and `previous` of an answer.",
                code="unknown_cursor",
            )
        order = ByCertainty(queryset, view.kwargs["dataset_id"], ordering)
        size, backwards = self.get_page_size(request), bool(cursor and cursor.reverse)
        images = order.page(place, size + 1, backwards=backwards)
        more = len(images) > size
        images = images[-size:] if backwards else images[:size]
        before = more if backwards else cursor is not None
        self._links = self._around(order, images, more or backwards, before)
        return images

    def get_next_link(self) -> str | None:
        """Return the address of the page after this one."""
        return self._links[0] if self._links else super().get_next_link()

    def get_previous_link(self) -> str | None:
        """Return the address of the page before this one."""
        return self._links[1] if self._links else super().get_previous_link()

    def _around(
        self, order: ByCertainty, images: list[Image], after: bool, before: bool
    ) -> tuple[str | None, str | None]:
        def link(image: Image, reverse: bool) -> str:
            return self.encode_cursor(Cursor(0, reverse, str(order.place_of(image))))

        if not images:
            return None, None
        return (
            link(images[-1], False) if after else None,
            link(images[0], True) if before else None,
        )
