"""One bus of each kind: a file, a real NATS server, librdkafka's own cluster for tests."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring.backends.bus.bus import OpenBus
from mainspring.backends.bus.buses import open_bus


@pytest.fixture(params=["embedded", "nats", pytest.param("kafka", marks=pytest.mark.slow)])
def bus_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'bus.db'}"
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def opened(bus_url: str) -> Iterator[Callable[[], OpenBus]]:
    """Opens the bus once more, as another process would."""
    all_of_them: list[OpenBus] = []

    def make() -> OpenBus:
        all_of_them.append(open_bus(bus_url))
        return all_of_them[-1]

    yield make
    for bus in all_of_them:
        bus.close()


@pytest.fixture
def bus(opened: Callable[[], OpenBus]) -> OpenBus:
    return opened()


@pytest.fixture
def topic() -> str:
    """A topic that nobody else uses."""
    return f"orders.{uuid.uuid4().hex[:8]}"
