"""The process that runs a handler, and the warm process that it is forked from."""
