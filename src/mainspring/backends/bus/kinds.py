"""Kinds: buses by the scheme of their URL. Each is called with the URL."""

KINDS: dict[str, str] = {
    "sqlite": "mainspring.backends.bus.embedded:Embedded",
    "nats": "mainspring.backends.bus.nats:Nats",
    "tls": "mainspring.backends.bus.nats:Nats",
    "kafka": "mainspring.backends.bus.kafka:Kafka",
}

EXTRAS = {"nats": "nats", "tls": "nats", "kafka": "kafka"}
"""What to install for those that need something."""
