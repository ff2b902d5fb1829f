"""Types that are stored as JSON values with the number of their shape."""

from typing import Any, ClassVar, Self

import msgspec

from classifier.engine.errors import Unreadable


class Versioned:
    """A base of dataclasses: what is written says its ``schema``, what is read is checked.

    ``SCHEMA`` is the number that is written; those from ``OLDEST`` on are read, values without a
    number as 0. A subclass says in ``upgrade`` what a shape of before lacks. A change that an older
    Loupe would misread takes the next number; a field with a default takes none.
    """

    SCHEMA: ClassVar[int]
    OLDEST: ClassVar[int] = 0

    def to_json(self) -> dict[str, Any]:
        """Return the values with their ``schema``."""
        return {"schema": self.SCHEMA, **msgspec.to_builtins(self)}

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Return the type of stored values; fields that it does not have are passed over.

        Raises ``Unreadable`` for the schema of a later version, and where the values do not fit.
        """
        number = values.get("schema") or 0 if isinstance(values, dict) else 0
        if number not in range(cls.OLDEST, cls.SCHEMA + 1):
            raise Unreadable(
                f"{cls.__name__} was written with schema {number!r}; this version of Loupe reads "
                f"those from {cls.OLDEST} to {cls.SCHEMA}.",
                "Use the version of Loupe that wrote it, or a later one.",
            )
        try:
            return msgspec.convert(cls.upgrade(values, number), cls)
        except msgspec.ValidationError as error:
            raise Unreadable(f"{cls.__name__} cannot be read: {error}.") from error

    @classmethod
    def upgrade(cls, values: object, number: int) -> object:
        """Return values of schema ``number`` in today's shape."""
        return values
