"""What counts as a small image, in one place."""

from django.db.models import Q

# Pixels of the longer side, at most. A network made for photographs gains little on such images:
# another preset is recommended for them, and they are embedded when a person looks at what needs
# it.
SMALL_SIDE = 64

# The same of rows of images, the other way round.
LARGE = Q(width__gt=SMALL_SIDE) | Q(height__gt=SMALL_SIDE)


def is_small(side: float) -> bool:
    """Whether an image is small whose longer side has so many pixels."""
    return side <= SMALL_SIDE
