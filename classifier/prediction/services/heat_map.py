"""Have a worker draw which part of a picture speaks for a class."""

from accounts.models import User
from accounts.selectors.sharing import payer
from accounts.services.quotas import give_back_predictions
from classifier.engine.explain.methods import (
    CANNOT_EXPLAIN,
    NO_SUCH_CLASS,
    TOO_SLOW,
    Wish,
    no_such_class,
)
from classifier.engine.runtime.answer import HeatMap
from classifier.models import ModelVersion
from classifier.prediction.services.ask import ask, raise_for_error
from classifier.prediction.serving import mailbox
from classifier.registry.selectors.models import version_to_serve
from common.errors import FieldError, Invalid, Unprocessable

_FIELDS = {CANNOT_EXPLAIN: "/method", NO_SUCH_CLASS: "/class_name"}


def heat_map_of(
    *, user: User, version: ModelVersion, content: bytes, wish: Wish, counted: bool = True
) -> HeatMap:
    """Return the heat-map of a picture by a version that `user` may see.

    A predict worker makes it, in turn with all predictions. Where it is `counted` it counts as one
    of them; no `Prediction` is kept. Raises `Invalid` (`cannot_explain`, `no_such_class`),
    `NothingServed` for an archived model, `Unprocessable` (`too_slow_to_explain`), and what
    `predict` raises.
    """
    names = version.class_names
    version = version_to_serve(user, version.model_id, number=version.number)
    if names and wish.class_name and wish.class_name not in names:
        raise _refused(NO_SUCH_CLASS, no_such_class(wish.class_name, names))
    organization = payer(user, version.model.subject)
    served = version.served_file
    request = mailbox.Request.new(
        version.pk,
        served["sha256"] if served else None,
        1,
        payers=(f"person:{user.pk}", f"organization:{organization.pk}"),
        size=len(content),
        explain=wish,
    )
    answer = ask(organization, request, [content], counted=counted)
    if answer.error is not None and answer.error.code in _FIELDS:
        if counted:
            give_back_predictions(organization=organization, amount=1)
        raise _refused(answer.error.code, answer.error.detail)
    raise_for_error(answer.error, user, version)
    [result] = answer.images
    if result.fault is not None:
        raise Unprocessable(result.fault.detail, code=result.fault.code)
    if result.heat_map is None:
        raise Unprocessable(TOO_SLOW, code="too_slow_to_explain")
    return result.heat_map


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, errors=[FieldError(_FIELDS[code], code, detail)])
