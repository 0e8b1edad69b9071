"""An ASGI application that answers ``{}`` to everything, on the gateway's own server: the floor to measure against."""

import sys

from mainspring.faces.serve.server import serve


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    serve(app, "127.0.0.1", int(sys.argv[1]), lambda url: print(url, flush=True))
