"""Whether a name would be taken for another person's."""

from accounts.look_alikes import skeleton
from accounts.models import User
from common.errors import FieldError, Invalid


def refuse_look_alike(name: str, *, besides: User | None = None) -> None:
    """Raise `Invalid` where another account's name looks like `name` without being it.

    The very same name, in any case of its letters, is for others to refuse. `besides` may have it.
    """
    others = User.objects.filter(skeleton=skeleton(name)).exclude(username__iexact=name)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        detail = f"{name!r} looks like a name that is taken. Choose another one."
        raise Invalid(detail, errors=[FieldError("/username", "looks_like_another", detail)])
