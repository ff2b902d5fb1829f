"""What can go wrong while the embedded platform starts, as sentences for the person who runs it."""


class EmbeddedError(Exception):
    """The platform cannot start or go on; the message says why and what to do."""


class MissingWheel(EmbeddedError):
    """A pip package that carries a server binary has no wheel for this machine."""


class AlreadyRunning(EmbeddedError):
    """Another `make run` serves the same data folder."""
