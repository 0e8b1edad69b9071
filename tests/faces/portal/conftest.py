"""A real gateway with the portal, and a real browser that looks at it. Its pictures are kept in ``pictures/``."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, sync_playwright

from mainspring import Workspace

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PICTURES = Path(__file__).parents[3] / "pictures"
PATIENCE = 60_000


class Looking:
    """A browser on the portal. What it asked of other hosts, and what its console complained of, is kept."""

    def __init__(self, url: str, context: BrowserContext) -> None:
        self.url, self._context = url, context
        self.page: Page = context.pages[0]
        self.strays: list[str] = []
        self.complaints: list[str] = []
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._asked)
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: object) -> None:
        address = str(getattr(request, "url", ""))
        if not address.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.strays.append(address)

    def sign_in(self, key: str) -> Page:
        """Show a key on the log-in page, as a person does."""
        self._context.clear_cookies()
        page = self.at("/login")
        page.fill("#key", key)
        page.keyboard.press("Enter")
        page.wait_for_url(self.url + "/")
        page.wait_for_selector("h1")
        return page

    def at(self, address: str, *, language: str = "en", theme: str = "light", width: int = 1280) -> Page:
        """Open an address; the page is ready when its own words are there."""
        self._context.add_cookies([
            {"name": "language", "value": language, "url": self.url},
            {"name": "theme", "value": theme, "url": self.url},
        ])  # fmt: skip
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.goto(self.url + address)
        self.page.wait_for_selector("h1")
        return self.page

    def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def findings(self) -> list[str]:
        """What axe-core finds serious or critical on the page."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['target']}" for one in found if one["impact"] in ("serious", "critical")
        ]


@pytest.fixture(scope="session")
def keys(place: Path) -> dict[str, str]:
    """A key for each role, of everything; and one that only looks at another automation."""
    with Workspace(place) as workspace:
        made = {role: [role] for role in ("viewer", "operator", "approver", "admin")} | {"stranger": ["admin:another"]}
        return {name: workspace.keys.new(name, roles)["key"] for name, roles in made.items()}


@pytest.fixture(scope="session")
def served(place: Path) -> Iterator[str]:
    """``http://…`` of a gateway on a workspace with an automation that has decided and heard."""
    with Workspace(place) as workspace:
        rows = [
            {
                "customer": f"P{i}",
                "tenure": i % 70,
                "contract": ("Month-to-month", "Two year")[i % 2],
                "charges": 20.0 + i,
            }
            for i in range(90)
        ]
        made = workspace.decide("retention", rows).to_pylist()
        workspace.feedback("retention", [{"decision": row["decision"], "outcome": "Yes"} for row in made[:40]])
        workspace.watching.look("retention")
    with serving(place) as (url, _):
        yield url


@contextmanager
def serving(place: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Where a gateway of its own answers, and its process."""
    command = [sys.executable, "-m", "mainspring", "serve", "--port", "0", "--no-learning", "--json", "--workspace"]
    process = subprocess.Popen([*command, str(place), *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as told:
        yield json.loads(told.readline())["url"], process
        process.terminate()
        process.wait(60)


@contextmanager
def browsing(url: str, *flags: str) -> Iterator[Looking]:
    """A browser of its own."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=[*FLAGS, *flags]
        )
        yield Looking(url, context)
        context.close()


@pytest.fixture(scope="module")
def serve() -> Callable[..., AbstractContextManager[tuple[str, subprocess.Popen[str]]]]:
    return serving


@pytest.fixture(scope="module")
def browse() -> Callable[..., AbstractContextManager[Looking]]:
    return browsing


@pytest.fixture(scope="module")
def looking(served: str, keys: dict[str, str]) -> Iterator[Looking]:
    with browsing(served) as made:
        made.sign_in(keys["admin"])
        yield made
