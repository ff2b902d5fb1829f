"""Code, pages and documentation name the actor, in words that people use."""

import re
import subprocess

from tests.servers import REPOSITORY_DIR

# Each hides who acts, or is old. `nobody` is also a user of Unix and a name in tests.
HIDDEN_ACTORS = re.compile(r"\b(somebody|whoever|anew|nobody)\b", re.IGNORECASE)
NAMES = re.compile(r"[\"'`/@-]nobody|nobody[\"'`@-]|NOBODY|labelled by nobody")
SUFFIXES = {".py", ".md", ".html", ".js", ".css", ".txt"}


def test_sentences_name_the_actor():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY_DIR, capture_output=True, text=True, check=True
    )
    files = [REPOSITORY_DIR / name for name in listed.stdout.splitlines()]
    found = [
        f"{path.relative_to(REPOSITORY_DIR)}: {line.strip()}"
        for path in files
        if path.suffix in SUFFIXES and path.name != "test_plain_words.py" and path.is_file()
        for line in path.read_text().splitlines()
        if HIDDEN_ACTORS.search(NAMES.sub("", line))
    ]
    assert found == []
