"""nginx with docker/nginx/loupe.conf before a web server of Loupe, on this machine's loopback."""

import datetime
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import wait_until
from tests.servers import REPOSITORY_DIR

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@dataclass
class Site:
    """Loupe's web server and the nginx before it."""

    port: int
    plain_port: int
    folder: Path
    token: str = ""

    def open(self, source: str = "127.0.0.1") -> HTTPSConnection:
        """Return a connection by TLS that comes from `source`."""
        trust = ssl.create_default_context(cafile=str(self.folder / "loupe.pem"))
        return HTTPSConnection(
            "localhost", self.port, timeout=60, context=trust, source_address=(source, 0)
        )

    def ask(
        self, method: str, path: str, body: object = None, source: str = "127.0.0.1", **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        """Return the answer to one request, and its content."""
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        connection = self.open(source)
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, given)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content


@contextmanager
def nginx(site: Site, web_port: int) -> Iterator[None]:
    """Run nginx with the file that operators copy; only names, ports and places are changed."""
    text = (REPOSITORY_DIR / "docker" / "nginx" / "loupe.conf").read_text()
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{web_port}"),
        ("listen 80;", f"listen 127.0.0.1:{site.plain_port};"),
        ("listen 443 ", f"listen 127.0.0.1:{site.port} "),
        ("loupe.example.org", "localhost"),
        ("/etc/nginx/tls", str(site.folder)),
        ("/var/log/nginx/loupe.log", str(site.folder / "access.log")),
    ):
        assert old in text
        text = text.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {site.folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; pid {site.folder}/pid; error_log {site.folder}/error.log warn;"
    configuration = site.folder / "nginx.conf"
    configuration.write_text(
        f"{main}\nworker_processes 1;\nevents {{}}\nhttp {{\n{temporary}{text}\n}}\n"
    )
    command = [NGINX, "-c", configuration, "-e", site.folder / "error.log"]
    subprocess.run([*command, "-t", "-q"], check=True)
    with subprocess.Popen(command) as process:
        try:
            wait_until(lambda: _listens(site.port), 10)
            yield
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def make_certificate(folder: Path) -> None:
    """Write a certificate of `localhost` and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "loupe.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "loupe.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
