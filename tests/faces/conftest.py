"""A small real workspace: customers who leave or stay, an automation learned from them, a receiver of its actions."""

import csv
import json
import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mainspring import Workspace

CONTRACTS = ["Month-to-month", "One year", "Two year"]


@dataclass
class Receiver:
    """What the webhook of the automation got, by the decision's id."""

    url: str
    got: list[dict] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 20) -> list[dict]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= count, seconds), self.got
            return list(self.got)


@pytest.fixture(scope="session")
def listening() -> Callable[[ThreadingHTTPServer], AbstractContextManager[None]]:
    """While it lasts, a server of the test answers."""

    @contextmanager
    def listen(server: ThreadingHTTPServer) -> Iterator[None]:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()
        server.server_close()

    return listen


@pytest.fixture(scope="session")
def receiving(listening) -> Callable[[Callable[[Message, bytes], int]], AbstractContextManager[str]]:
    """While it lasts, whatever is posted to its URL is told, headers and body, and answered with the status that is returned."""

    @contextmanager
    def receive(told: Callable[[Message, bytes], int]) -> Iterator[str]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(told(self.headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with listening(server):
            yield f"http://127.0.0.1:{server.server_port}"

    return receive


@pytest.fixture(scope="session")
def receiver(receiving) -> Iterator[Receiver]:
    def told(_: Message, body: bytes) -> int:
        with offers.came:
            offers.got.append(json.loads(body))
            offers.came.notify_all()
        return 200

    offers = Receiver("")
    with receiving(told) as url:
        offers.url = f"{url}/offers"
        yield offers


def write_customers(path: Path, count: int = 400, seed: int = 7) -> None:
    dice = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "tenure", "contract", "charges", "churn"])
        for number in range(count):
            tenure, contract = dice.randint(0, 70), dice.choice(CONTRACTS)
            charges = round(dice.uniform(20, 110), 2)
            leaning = 0.9 - tenure / 60 - 0.4 * CONTRACTS.index(contract) + charges / 150
            rows.writerow([f"C{number}", tenure, contract, charges, "Yes" if dice.random() < leaning else "No"])


@pytest.fixture(scope="session")
def declaration(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Path:
    folder = tmp_path_factory.mktemp("retention")
    write_customers(folder / "customers.csv")
    path = folder / "retention.yaml"
    path.write_text(
        f"""
name: retention
about: Offer a discount to customers who are about to leave.
source: {{table: customers.csv, key: customer}}
learn:
  target: churn
  positive: "Yes"
  optimise: profit
  limits: {{time: 40s}}
  candidates: [linear, lightgbm]
decide:
  gains: {{true_positive: 120, false_positive: -20, false_negative: -100}}
  rules: [{{if: "contract == 'Two year'", then: skip, because: bound by contract}}]
act:
  offer: {{webhook: "{receiver.url}", retry: 2}}
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def copied() -> Callable[[Path, Path], Path]:
    """Copies a workspace, by a process of its own: who closes a file of a database that is open in the same process takes SQLite's locks
    away from it, and another process then clears away what is still in use."""

    def copy(place: Path, target: Path) -> Path:
        subprocess.run(["cp", "-r", str(place), str(target)], check=True)
        return target

    return copy


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, declaration: Path) -> Path:
    """The folder of a workspace in which the automation has been learned once."""
    folder = tmp_path_factory.mktemp("workspace") / "space"
    with Workspace(folder) as workspace:
        workspace.run(declaration)
    return folder


@pytest.fixture(scope="session")
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace(place) as opened:
        yield opened


@pytest.fixture
def leaving() -> dict:
    """A customer who is about to leave."""
    return {"customer": "N1", "tenure": 1, "contract": "Month-to-month", "charges": 105.5}


@pytest.fixture
def self_signed() -> Callable[[Path], tuple[Path, Path]]:
    return make_certificate


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
