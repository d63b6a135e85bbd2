"""The server processes behind a port that is bound before anything is said of it."""

import socket
from contextlib import suppress

import uvicorn
from uvicorn.supervisors import Multiprocess


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to an address, which nobody can take any more; raises `OSError`."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    made.set_inheritable(True)
    return made


def run(door: socket.socket, workers: int) -> bool:
    """Serve until a signal ends it; whether it could begin."""
    config = uvicorn.Config(
        "app.http.application:create_app",
        factory=True,
        workers=workers,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    # Uvicorn's own exit code for what did not begin is an import's for rejected rows.
    with suppress(KeyboardInterrupt, SystemExit):
        if workers > 1:
            Multiprocess(config, sockets=[door]).run()
            return True
        server.run(sockets=[door])
    return server.started
