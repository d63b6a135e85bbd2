"""Server processes that start in a moment: each is forked from one that has loaded the code and done nothing else."""

import os
import sys
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from app.cli.commands import main

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.support.forked", "app.http.application"])


class ForkedProcess:
    """A process of `detention serve`, with what tests use of a `Popen`."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._process: BaseProcess = FORKS.Process(target=_run, args=(arguments, environment), daemon=True)
        self._process.start()
        self.pid: int = self._process.pid or 0

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it has ended; its exit status, below zero for a signal."""
        self._process.join(timeout)
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.terminate()

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    sys.argv = ["detention", *arguments]
    main()
