"""How much organizations and people may have, from the environment."""

import environ


def quota_settings(env: environ.Env, **defaults: int) -> dict[str, int | None]:
    """Return each quota as `LOUPE_QUOTA_<NAME>` says; None where that is `none`."""
    found: dict[str, int | None] = {}
    for name, default in defaults.items():
        variable = f"LOUPE_QUOTA_{name.upper()}"
        unbounded = env.str(variable, default="").strip().lower() == "none"
        found[name] = None if unbounded else env.int(variable, default=default)
    return found
