"""`make audit` passes what was checked, and nothing else."""

import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import audit

OSV_ADVISORY = {
    "id": "PYSEC-0000-1",
    "summary": "A hole.",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}
NPM_ADVISORY = {
    "id": 1,
    "url": "https://example.org/1",
    "title": "A gap",
    "severity": "high",
    "vulnerable_versions": "<99.0.0",
}


class _Services(http.server.BaseHTTPRequestHandler):
    """OSV's and npm's advisories: one each, for Django and for htmx."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/osv":
            answer = (
                {"vulns": [OSV_ADVISORY]} if json.loads(body)["package"]["name"] == "django" else {}
            )
        else:
            answer = {"htmx.org": [NPM_ADVISORY]}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Services) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("npm_config_registry", address)
        yield address
        server.shutdown()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy where nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{unused.getsockname()[1]}"
    for name in ("https_proxy", "http_proxy", "npm_config_https_proxy", "npm_config_proxy"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("npm_config_fetch_retries", "0")


def test_advisories_are_told_with_what_mends_them(services: str, tmp_path: Path) -> None:
    options = ["--vulnerability-service=osv", f"--osv-url={services}/osv"]
    python = audit.audit_python([*options, f"--cache-dir={tmp_path}"])
    assert python.status == audit.FOUND
    assert len(python.advisories) == 1
    assert re.fullmatch(r"django \S+: PYSEC-0000-1, mended by 99.0", python.advisories[0])
    assert python.unchecked == []
    assert python.checked > 150

    npm = audit.audit_npm()
    assert npm.status == audit.FOUND
    assert npm.advisories == ["htmx.org (high): A gap, https://example.org/1"]


def test_without_a_network_nothing_passes(no_network: None, tmp_path: Path) -> None:
    for checked in (audit.audit_python([f"--cache-dir={tmp_path}"]), audit.audit_npm()):
        assert checked.status == audit.NOT_CHECKED
        assert checked.checked == 0
        assert "NOT CHECKED, 1 in all: " in str(checked)
        assert re.search("127.0.0.1|ECONNREFUSED|proxy", checked.unchecked[0], re.I)


def test_what_the_service_does_not_know_was_not_checked() -> None:
    skipped = {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    clean = {"name": "a", "version": "1", "vulns": []}
    assert audit.read_pip_audit(json.dumps({"dependencies": [clean]}), "").status == audit.CLEAN
    partly = audit.read_pip_audit(json.dumps({"dependencies": [clean, skipped]}), "")
    assert (partly.status, partly.checked) == (audit.NOT_CHECKED, 1)
    assert audit.read_pip_audit('{"dependencies": []}', "").status == audit.NOT_CHECKED
    assert audit.read_npm_audit('{"message": "405 Not Allowed"}', "", 3).unchecked == [
        "npm audit: 405 Not Allowed"
    ]
    assert audit.read_npm_audit('{"vulnerabilities": {}}', "", 3).status == audit.CLEAN


def test_the_lists_name_every_package_and_the_hashes_of_its_files(tmp_path: Path) -> None:
    lock = audit.ROOT / "requirements.lock"
    target = tmp_path / "sbom" / "python.cdx.json"
    count = audit.write_python_sbom(lock, target)
    listed = json.loads(target.read_text())
    assert (listed["bomFormat"], len(listed["components"])) == ("CycloneDX", count)
    text = lock.read_text()
    assert {f"{c['name']}=={c['version']}" for c in listed["components"]} == set(
        re.findall(r"^[a-z0-9]\S+", text, re.MULTILINE)
    )
    hashes = {
        digest["content"]
        for component in listed["components"]
        for digest in component["externalReferences"][0]["hashes"]
    }
    assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", text))

    audit.write_npm_sbom(tmp_path / "frontend.cdx.json")
    purls = {
        component["purl"]
        for component in json.loads((tmp_path / "frontend.cdx.json").read_text())["components"]
    }
    assert any(purl.startswith("pkg:npm/htmx.org@") for purl in purls)
    assert not any(purl.startswith("pkg:npm/axe-core@") for purl in purls)
