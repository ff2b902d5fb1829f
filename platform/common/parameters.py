"""Query parameters of the API: what an address does not know, or would not read, is refused."""

from collections.abc import Callable, Collection

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.mixins import ListModelMixin
from rest_framework.views import APIView

from common.errors import FieldError, Invalid
from common.nearest import nearest_first
from common.problems import problem_page


def require_known(
    given: QueryDict,
    allowed: Collection[str],
    *,
    prefixes: tuple[str, ...] = (),
    lists: Collection[str] = (),
    may_be_blank: Collection[str] = (),
) -> None:
    """Raise `Invalid` for parameters not allowed, given more than once, or without a value.

    `prefixes` are how the names of whole families begin; `lists` may be given several times. A
    filter without a value would filter nothing and show more than was asked for.
    """
    unknown = [name for name in given if name not in allowed and not name.startswith(prefixes)]
    choices = {name: _allowed_here(name, allowed, prefixes) for name in unknown}
    _refuse("unknown_parameter", "Unknown query parameter {}.", choices)
    repeated = [name for name in given if name not in lists and len(given.getlist(name)) > 1]
    advice = dict.fromkeys(repeated, "This parameter is read once.")
    _refuse("repeated_parameter", "Given more than once: {}.", advice)
    texts = {name: str(given[name]) for name in given}
    garbled = [name for name, text in texts.items() if "\ufffd" in text]
    advice = dict.fromkeys(garbled, "Percent-encode the bytes of UTF-8.")
    _refuse("not_utf8", "Not UTF-8: {}.", advice)
    blank = [name for name, text in texts.items() if name not in may_be_blank and not text.strip()]
    advice = dict.fromkeys(blank, "Give it a value, or leave it out.")
    _refuse("empty_parameter", "Without a value: {}.", advice)


def _refuse(code: str, sentence: str, advice: dict[str, str]) -> None:
    """Raise `Invalid` for parameters at fault, if there are any; `advice` by their names."""
    if advice:
        errors = [FieldError(f"/{name}", code, advice[name]) for name in sorted(advice)]
        detail = sentence.format(", ".join(sorted(advice)))
        raise Invalid(f"{detail} {errors[0].detail}", code=code, errors=errors)


def _allowed_here(name: str, allowed: Collection[str], prefixes: tuple[str, ...]) -> str:
    choices = nearest_first(name, {*allowed, *(f"{prefix}…" for prefix in prefixes)})
    return f"Allowed here: {', '.join(choices)}." if choices else "This address takes none."


class KnownParametersMiddleware:
    """Checks the parameters of every call of the API but lists, whose filters do it by themselves.

    A view that reads parameters names them in `query_parameters`, and those of them that may be
    given several times in `repeated_parameters`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Return the refusal of what is not known, None for everything else."""
        view_class: type | None = getattr(view, "cls", None)
        if not request.GET or view_class is None or not _is_ours(view_class):
            return None
        if request.method in ("GET", "HEAD") and issubclass(view_class, ListModelMixin):
            return None
        try:
            require_known(
                request.GET,
                getattr(view_class, "query_parameters", ()),
                lists=getattr(view_class, "repeated_parameters", ()),
                may_be_blank=("cursor", "page_size"),
            )
        except Invalid as error:
            return problem_page(error)
        return None


def _is_ours(view_class: type) -> bool:
    theirs = view_class.__module__.startswith("drf_spectacular.")
    return issubclass(view_class, APIView) and not theirs
