"""A page in headless Chromium, by WebDriver: Debian's chromium and chromium-driver, Python's standard library."""

import base64
import json
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Control": "\ue009", "Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "ArrowRight": "\ue014"}
# As root in a container; without these Chromium speaks to its maker at every start.
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars=false"]


class Browser:
    def __init__(self, width=1440, height=900):
        self._profile = tempfile.TemporaryDirectory(prefix="niclab-browser-")
        with socket.socket() as free:  # chromedriver does not say in a pipe which port it took
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._driver = subprocess.Popen(["chromedriver", f"--port={port}", "--log-level=OFF"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self._url, self._session = f"http://127.0.0.1:{port}", ""
        self._wait_for_driver()
        options = {"args": [*ARGUMENTS, f"--user-data-dir={self._profile.name}", f"--window-size={width},{height}"]}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{answer['sessionId']}"

    def _wait_for_driver(self):
        for _ in range(200):
            try:
                self._call("GET", "/status")
                return
            except OSError:
                time.sleep(0.1)
        self._driver.kill()
        raise RuntimeError("chromedriver did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self._session:
                self._call("DELETE", self._session)
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._profile.cleanup()

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from error

    def _do(self, path, body):
        return self._call("POST", self._session + path, body)

    def open(self, file):
        self._do("/url", {"url": pathlib.Path(file).resolve().as_uri()})

    def script(self, text, *arguments):
        """What the JavaScript returns; `arguments[0]` … are the arguments."""
        return self._do("/execute/sync", {"script": text, "args": list(arguments)})

    def command(self, name, **parameters):
        """One of the DevTools protocol."""
        return self._do("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def size(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme):
        """"light" or "dark"."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, *names):
        actions = [{"type": kind, "value": KEYS.get(name, name)} for name in names for kind in ("keyDown", "keyUp")]
        self._do("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def chord(self, modifier, key):
        """One key while another is held."""
        keys = [("keyDown", modifier), ("keyDown", key), ("keyUp", key), ("keyUp", modifier)]
        actions = [{"type": kind, "value": KEYS.get(name, name)} for kind, name in keys]
        self._do("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def mouse(self, x, y, click=True):
        """Moves to, and clicks at, a place of the window."""
        actions = [{"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)}]
        if click:
            actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._do("/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]})

    def log(self, kind):
        """Entries since the last call: "browser" is the console, "performance" the DevTools protocol's events."""
        return self._do("/se/log", {"type": kind})

    def requests(self):
        """Addresses the page asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def screenshot(self, file, whole=False):
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))
