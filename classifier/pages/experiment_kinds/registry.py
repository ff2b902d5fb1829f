"""The pages of every kind of experiment, found by themselves."""

from importlib import import_module
from pkgutil import iter_modules

from classifier.pages import experiment_kinds
from classifier.pages.experiment_kinds.page import KindPage

_OTHERS = ("around", "fields", "page", "registry")

KIND_PAGES: dict[str, KindPage] = {
    found.name: import_module(f"{experiment_kinds.__name__}.{found.name}").PAGE
    for found in iter_modules(experiment_kinds.__path__)
    if found.name not in _OTHERS
}
