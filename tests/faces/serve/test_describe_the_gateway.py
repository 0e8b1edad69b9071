def test_it_is_alive_and_ready(client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "ready"
    assert "retention" in answer.json()["automations"]


def references(node: object) -> set[str]:
    if isinstance(node, dict):
        return {node["$ref"]} if "$ref" in node else set().union(*(references(v) for v in node.values()))
    return set().union(*(references(v) for v in node)) if isinstance(node, list) else set()


def test_every_reference_of_the_openapi_leads_somewhere(client) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    for reference in references(described):
        node = described
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_every_example_of_the_openapi_is_taken(client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    tried = 0
    for path, methods in paths.items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            answer = client.post(path.replace("{name}", "retention"), json=example["value"])
            assert answer.status_code == 200, (path, answer.text)
            tried += 1
    assert tried >= 6


def test_every_address_of_the_openapi_is_served(client) -> None:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            address = path.replace("{name}", "retention").replace("{decision}", "0")
            # What goes on for ever is asked for what it refuses.
            answer = client.request(method, f"{address}?after=x" if path.endswith("/live") else address)
            assert answer.status_code != 405, path
