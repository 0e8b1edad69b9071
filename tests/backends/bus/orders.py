"""The events of a shop."""

from datetime import UTC, datetime

from mainspring.event import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(number: int, **data: object) -> Event:
    return Event(f"e{number}", "shop", "order", NOON, {"number": number, **data}, f"C{number % 7}")


def events(count: int, first: int = 0) -> list[Event]:
    return [event(number) for number in range(first, first + count)]
