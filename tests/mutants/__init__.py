"""Mutation tests: how many one-line changes does the suite notice? Run by `make mutants`."""
