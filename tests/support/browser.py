"""A headless Chromium for the tests, driven over its DevTools protocol: no more than opening, asking, looking.

Chromium is started with every host but this machine's mapped to nothing, so a page that calls out fails rather than
succeeds somewhere else; `requests` and `violations` say what it tried.
"""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE = 30.0


def executable() -> str | None:
    """Where Chromium is, or None: tests that need it are then skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


class Page:
    """One tab: what it shows, what it asked for, what its policy refused."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._session, self._numbers = socket, "", itertools.count(1)
        self.requests: list[str] = []
        self.violations: list[str] = []
        self.errors: list[str] = []
        self._loaded = False
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log", "Audits"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Load a page and wait until its load event."""
        self._loaded = False
        failure = self._call("Page.navigate", url=url).get("errorText")
        assert not failure, f"{url}: {failure}"
        deadline = time.monotonic() + PATIENCE
        while not self._loaded:
            self._hear(json.loads(self._socket.recv(timeout=max(0.0, deadline - time.monotonic()))))

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; promises are awaited."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def await_for(self, expression: str) -> Any:
        """The first truthy value of an expression, asked until it has one."""
        deadline = time.monotonic() + PATIENCE
        while not (value := self.ask(expression)):
            assert time.monotonic() < deadline, f"{expression} stayed {value!r}; errors: {self.errors}"
            time.sleep(0.05)
        return value

    def click(self, selector: str) -> None:
        """Click the first element that a CSS selector finds, once there is one."""
        self.await_for(f"!!document.querySelector({json.dumps(selector)})")
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, selector: str) -> None:
        """Click with the mouse in the middle of an element, once it can be seen: what covers it gets the click."""
        named = f"document.querySelector({json.dumps(selector)})"
        self.await_for(f"!!{named} && {named}.checkVisibility({{visibilityProperty: true}})")
        box = (
            f"{named}.scrollIntoView({{block: 'center', behavior: 'instant'}}), "
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({named}.getBoundingClientRect())"
        )
        x, y = self.ask(box)
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type text into the field that has the focus."""
        self._call("Input.insertText", text=text)

    def prefer(self, scheme: str, width: int = 1280, height: int = 1000) -> None:
        """Show the page as a reader with this colour scheme and window would see it."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def screenshot(self, whole: bool = False) -> bytes:
        """What the tab shows, or the whole page, as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            heard = json.loads(self._socket.recv(timeout=PATIENCE))
            if heard.get("id") == number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                result: dict[str, Any] = heard["result"]
                return result
            self._hear(heard)

    def _hear(self, event: dict[str, Any]) -> None:
        said = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent" | "Network.webSocketCreated":
                self.requests.append(said["request"]["url"] if "request" in said else said["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(said["exceptionDetails"]))
            case "Log.entryAdded" if said["entry"]["level"] == "error":
                self.errors.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")
            case "Audits.issueAdded" if said["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.violations.append(json.dumps(said["issue"]["details"]))


class Browser:
    """A Chromium with a profile of its own, gone when the block ends."""

    def __init__(self, path: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        command = [path, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A fresh tab."""
        with connect(self._address(), max_size=None, compression=None) as socket:
            yield Page(socket)

    def _address(self) -> str:
        # Chromium writes the port it chose, and the path of its socket, as the two lines of this file.
        port_file = Path(self._profile.name, "DevToolsActivePort")
        deadline = time.monotonic() + PATIENCE
        while not (port_file.exists() and len(lines := port_file.read_text("utf-8").split()) == 2):
            assert self._process.poll() is None, f"Chromium ended at once, with code {self._process.returncode}"
            assert time.monotonic() < deadline, "Chromium opened no port"
            time.sleep(0.05)
        return f"ws://127.0.0.1:{lines[0]}{lines[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()
