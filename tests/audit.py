"""`make audit`: advisories on what the locks name, and lists of what Loupe is made of.

    python -m tests.audit [arguments for pip-audit, such as --vulnerability-service osv]

Ends with status 0 when everything was checked and no advisory is known, with 1 when one is, and
with 2 when something could not be checked: without a network nothing passes. The lists (CycloneDX,
in build/sbom/) need no network.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from pip_requirements_parser import RequirementsFile

ROOT = Path(__file__).resolve().parents[1]
FRONTEND = ROOT / "platform" / "frontend"
SBOM = ROOT / "build" / "sbom"
LOCKS = ("requirements.lock", "tests/requirements.lock", "docker/requirements-gpu.lock")
CLEAN, FOUND, NOT_CHECKED = 0, 1, 2


@dataclass
class Audit:
    """What one service answered.

    `checked` counts the packages that it knows; `advisories` are sentences; `unchecked` says, for
    what was not checked, why.
    """

    name: str
    checked: int = 0
    advisories: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """CLEAN, FOUND or NOT_CHECKED; an advisory outweighs what was not checked."""
        if self.advisories:
            return FOUND
        return NOT_CHECKED if self.unchecked or not self.checked else CLEAN

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.checked} packages checked, {len(self.advisories)} advisories"]
        lines += [f"  {advisory}" for advisory in self.advisories]
        if self.unchecked:
            lines.append(f"  NOT CHECKED, {len(self.unchecked)} in all: {self.unchecked[0]}")
        return "\n".join(lines)


def audit_python(arguments: list[str]) -> Audit:
    """Ask pip-audit about the locks of `LOCKS`."""
    locks = [part for lock in LOCKS for part in ("--requirement", lock)]
    program = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", *locks]
    options = ["--format=json", "--progress-spinner=off", "--desc=off", *arguments]
    return read_pip_audit(*_run([*program, *options], ROOT))


def read_pip_audit(output: str, errors: str) -> Audit:
    """Read pip-audit's JSON. A package that its service does not know was not checked."""
    audit = Audit("Python")
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        audit.unchecked.append(f"pip-audit: {_last_line(errors)}")
        return audit
    for package in packages:
        if "skip_reason" in package:
            audit.unchecked.append(package["skip_reason"])
            continue
        audit.checked += 1
        for advisory in package.get("vulns", []):
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            named = f"{package['name']} {package['version']}: {advisory['id']}"
            audit.advisories.append(f"{named}, mended by {fixed}")
    return audit


def audit_npm() -> Audit:
    """Ask npm's registry about package-lock.json."""
    count = len(json.loads((FRONTEND / "package-lock.json").read_text())["packages"]) - 1
    return read_npm_audit(*_run(["npm", "audit", "--json", "--package-lock-only"], FRONTEND), count)


def read_npm_audit(output: str, errors: str, count: int) -> Audit:
    """Read npm's JSON about the `count` packages of package-lock.json."""
    audit = Audit("npm")
    try:
        answer = json.loads(output)
        found: dict[str, Any] = answer["vulnerabilities"]
    except (ValueError, KeyError):
        audit.unchecked.append(f"npm audit: {_npm_error(output) or _last_line(errors)}")
        return audit
    audit.checked = count
    for name, facts in sorted(found.items()):
        for via in facts["via"]:
            reason = f"{via['title']}, {via['url']}" if isinstance(via, dict) else f"by {via}"
            audit.advisories.append(f"{name} ({facts['severity']}): {reason}")
    return audit


def write_python_sbom(lock: Path, target: Path) -> int:
    """Write a lock's packages, with the hashes of their files, as CycloneDX; return how many."""
    bom, hashes = Bom(), HashTypeFactory()
    loupe = Component(name="loupe", type=ComponentType.APPLICATION)
    bom.metadata.component = loupe
    for requirement in RequirementsFile.from_file(str(lock)).requirements:
        version = requirement.get_pinned_version
        files = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(f"https://pypi.org/simple/{requirement.name}/"),
            comment=str(requirement.marker) if requirement.marker else None,
            hashes=[hashes.from_composite_str(option) for option in requirement.hash_options],
        )
        purl = PackageURL("pypi", name=requirement.name, version=version)
        bom.components.add(
            Component(
                name=requirement.name,
                version=version,
                type=ComponentType.LIBRARY,
                purl=purl,
                bom_ref=purl.to_string(),
                external_references=[files],
            )
        )
    bom.register_dependency(loupe, bom.components)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=2))
    return len(bom.components)


def write_npm_sbom(target: Path) -> int:
    """Write the packages of package-lock.json that people's browsers get; return how many."""
    options = ["--sbom-format=cyclonedx", "--package-lock-only", "--omit=dev"]
    output, errors = _run(["npm", "sbom", *options], FRONTEND)
    try:
        components = json.loads(output)["components"]
    except (ValueError, KeyError):
        sys.exit(f"npm sbom: {_last_line(errors)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(output)
    return len(components)


def main() -> int:
    """Print the audits and write the lists; return the status."""
    for name, count in (
        ("python", write_python_sbom(ROOT / LOCKS[0], SBOM / "python.cdx.json")),
        ("frontend", write_npm_sbom(SBOM / "frontend.cdx.json")),
    ):
        print(f"build/sbom/{name}.cdx.json: {count} packages", flush=True)
    audits = [audit_python(sys.argv[1:]), audit_npm()]
    print(*audits, sep="\n")
    statuses = {audit.status for audit in audits}
    if any(audit.unchecked for audit in audits):
        print("Not everything was checked: no network, or the service does not answer.")
    return FOUND if FOUND in statuses else max(statuses)


def _run(program: list[str], folder: Path) -> tuple[str, str]:
    # npm is that of the virtual environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    finished = subprocess.run(
        program, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    return finished.stdout, finished.stderr


def _npm_error(output: str) -> str:
    try:
        answer = json.loads(output)
    except ValueError:
        return ""
    error = answer.get("error") or {}
    return str(answer.get("message") or error.get("summary") or error.get("detail") or "")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1]


if __name__ == "__main__":
    sys.exit(main())
