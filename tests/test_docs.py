"""The documentation says what is so."""

import re

from common.api_page import api_page
from tests.servers import REPOSITORY_DIR

DOCS = REPOSITORY_DIR / "docs"


def test_the_api_page_is_the_schema():
    written = (DOCS / "api.md").read_text()
    assert written == api_page(), "run `manage.py write_api_page`"


def test_every_setting_of_the_environment_is_documented():
    guide = "".join((DOCS / name).read_text() for name in ("operator-guide.md", "jobs.md"))
    config = REPOSITORY_DIR / "platform" / "config"
    source = "".join(path.read_text() for path in config.glob("*.py"))
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    assert {"LOUPE_SIGNUP", "DATABASE_URL", "EMAIL_URL"} <= names
    assert sorted(name for name in names if f"`{name}`" not in guide) == []


def test_links_between_pages_lead_somewhere():
    readmes = (REPOSITORY_DIR / "README.md", REPOSITORY_DIR / "platform" / "client" / "README.md")
    pages = [*readmes, *DOCS.glob("**/*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
