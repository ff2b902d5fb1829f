"""The spaces in which vectors are made; a space is known by its canonical name."""

from dataclasses import dataclass

from datasets.models import VectorSpace

# Earlier versions of Loupe kept so much of the hash, and a name still does.
_DIGITS = 8


@dataclass(frozen=True)
class Space:
    """What tells one space from another; `models.VectorSpace` says what each field is.

    `fit` "stretch" scales the two sides separately; `precision` is "float32" or "bfloat16".
    """

    backbone: str
    backbone_sha256: str
    size: int
    fit: str
    precision: str
    mirrored: bool
    width: int

    @property
    def name(self) -> str:
        """The canonical name, such as `MobileNetV2-224-stretch-float32-1f2e3d4c`."""
        mirrored = ("mirrored",) if self.mirrored else ()
        digits = self.backbone_sha256[:_DIGITS]
        parts = (self.backbone, self.size, self.fit, self.precision, *mirrored, digits)
        return "-".join(str(part) for part in parts)


def space_row(space: Space) -> VectorSpace:
    """Return the row of a space, made if it is new.

    A row of an earlier version, which knew a part of the file's hash, gets the whole of it. Raises
    `ValueError` where the name is another space's.
    """
    row, _ = VectorSpace.objects.get_or_create(name=space.name, defaults=vars(space))
    if row.backbone_sha256 == space.backbone_sha256[:_DIGITS] != space.backbone_sha256:
        row.backbone_sha256 = space.backbone_sha256
        row.save(update_fields=["backbone_sha256"])
    if (row.backbone_sha256, row.width) != (space.backbone_sha256, space.width):
        raise ValueError(f"{space.name} is the name of another space: {vars(row)}.")
    return row
