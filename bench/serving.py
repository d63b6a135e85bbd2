"""A server process under measurement: one worker, set up as `detention serve` does, and a clock of its CPU time."""

import os
import socket
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import process_time_ns
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from bench.load import HOST, pin
from bench.shared import Sessions

SPAWN = get_context("spawn")
"""New processes start from nothing, so that none inherits what another has cached."""


class Server:
    """A server in a process of its own, which ends when this one does."""

    def __init__(self, app: Callable[[], ASGIApp], core: int | None, database: Sessions | None = None) -> None:
        self.database = database
        self._pipe, other = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(app, core, other), daemon=True)
        self._process.start()
        other.close()
        self.port: int = self._pipe.recv()

    def cpu(self) -> int:
        """The CPU time the server has used so far, in nanoseconds."""
        self._pipe.send(None)
        used: int = self._pipe.recv()
        return used

    def ask(self, target: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, str | None]:
        """Status, body and ETag of one GET, or of a POST of JSON."""
        connection = HTTPConnection(HOST, self.port, timeout=60)
        if body is None:
            connection.request("GET", target, headers=headers)
        else:
            connection.request("POST", target, body, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        return answer.status, told, answer.getheader("ETag")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(10)
        self._process.kill()


def _serve(app: Callable[[], ASGIApp], core: int | None, pipe: "Connection[Any, Any]") -> None:
    pin(core)
    # The log is written, as anywhere, but not between the lines of the benchmark.
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen(64)
        config = uvicorn.Config(app, factory=True, access_log=False, server_header=False, log_level="warning")
        server = uvicorn.Server(config)
        Thread(target=_report, args=(pipe, server), daemon=True).start()
        pipe.send(listening.getsockname()[1])
        server.run([listening])


def _report(pipe: "Connection[Any, Any]", server: uvicorn.Server) -> None:
    """Tell the CPU time whenever asked; stop the server at the end of the questions."""
    try:
        while True:
            pipe.recv()
            pipe.send(process_time_ns())
    except (EOFError, OSError):
        server.should_exit = True
