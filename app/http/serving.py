"""The server processes behind a port that is bound before anything is said of it."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryDirectory

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.http.telemetry import LOGGING


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


def run(door: socket.socket, workers: int, trusted_proxies: Sequence[str]) -> bool:
    """Serve until a signal ends it; whether it could begin."""
    config = uvicorn.Config(
        "app.http.application:create_app",
        factory=True,
        workers=workers,
        access_log=False,
        server_header=False,
        log_config=LOGGING,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    # Uvicorn's own exit code for what did not begin is an import's for rejected rows.
    with suppress(KeyboardInterrupt, SystemExit):
        if workers > 1:
            # Where each process keeps its metrics for whichever of them is asked.
            with TemporaryDirectory(prefix="detention-metrics-") as folder:
                os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
                Multiprocess(config, sockets=[door]).run()
            return True
        server.run(sockets=[door])
    return server.started
