"""`python -m loupe`: the command, where its folder is not on the PATH."""

from loupe.cli.main import run

run()
