"""Every kind of experiment there is: a module beside this one with a ``PLAN``, found by itself."""

from importlib import import_module
from pkgutil import iter_modules

from classifier.experiments.services import plans
from classifier.experiments.services.plans.plan import Plan

_OTHERS = ("plan", "registry")

PLANS: dict[str, Plan] = {
    plan.name: plan
    for plan in (
        import_module(f"{plans.__name__}.{found.name}").PLAN
        for found in iter_modules(plans.__path__)
        if found.name not in _OTHERS
    )
}
