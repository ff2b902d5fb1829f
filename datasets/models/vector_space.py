from django.db import models


class VectorSpace(models.Model):
    """What makes vectors: only vectors of one space can be compared. It belongs to no tenant.

    `backbone` is the network's name, `backbone_sha256` its file's (8 digits of it where that is
    all that was kept, until the file is next opened), `size` the side in pixels that it sees,
    `fit` how images are brought to that size, `precision` what it computes in, `mirrored` whether
    images are mirrored first, `width` how many numbers a vector has. `name` says all of it in
    short (`services.vectors.spaces`).
    """

    name = models.CharField(max_length=120, unique=True)
    backbone = models.CharField(max_length=60)
    backbone_sha256 = models.CharField(max_length=64)
    size = models.PositiveSmallIntegerField()
    fit = models.CharField(max_length=20)
    precision = models.CharField(max_length=20)
    mirrored = models.BooleanField()
    width = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name
