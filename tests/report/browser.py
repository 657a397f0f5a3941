"""A headless Chromium, driven over its debugging pipe, with nothing but the standard library.

One browser serves a whole test: pages are opened one after the other, each in a tab of its own,
under the window, the colours and the medium that are asked for. What the browser says and fetches
meanwhile is kept.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
ANSWER_SECONDS = 60


def find():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    def __init__(self, path):
        self.profile = tempfile.mkdtemp(prefix="heapgate-browser.")
        commands_read, self.commands = os.pipe()
        self.answers, answers_write = os.pipe()
        # The browser takes commands on descriptor 3 and answers on 4, whatever else is open.
        start = (
            'exec 3<&%d 4>&%d; exec "$@"' % (commands_read, answers_write)
        )
        arguments = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--remote-debugging-pipe", "--user-data-dir=" + self.profile,
            "--disable-background-networking", "--disable-component-update", "--no-first-run",
            "--disable-dev-shm-usage", "about:blank",
        ]
        self.process = subprocess.Popen(
            ["bash", "-c", start, "bash"] + arguments,
            pass_fds=(commands_read, answers_write),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(commands_read)
        os.close(answers_write)
        self.number = 0
        self.unread = b""
        self.events = []

    def close(self):
        os.close(self.commands)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, seconds):
        """The next message, or None when there is none in that time."""
        until = time.monotonic() + seconds
        while b"\0" not in self.unread:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                return None
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise RuntimeError("the browser ended")
            self.unread += piece
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.commands, json.dumps(request).encode() + b"\0")
        while True:
            message = self.receive(ANSWER_SECONDS)
            if message is None:
                raise RuntimeError("the browser does not answer " + method)
            if message.get("id") != self.number:
                self.events.append(message)
                continue
            if "error" in message:
                raise RuntimeError("%s: %s" % (method, message["error"]["message"]))
            return message["result"]

    def open(self, address, width=1280, height=900, scale=1, dark=False, medium="screen"):
        return Page(self, address, width, height, scale, dark, medium)


class Page:
    """An open page; what came while it was loaded is in `requests` and `said`."""

    def __init__(self, browser, address, width, height, scale, dark, medium):
        self.browser = browser
        self.requests, self.said = [], []
        browser.events.clear()
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call(
            "Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")
        self.show(width, height, scale, dark, medium)
        failed = self.call("Page.navigate", url=address).get("errorText")
        if failed:
            raise RuntimeError("%s: %s" % (address, failed))
        self.wait()

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def show(self, width=1280, height=900, scale=1, dark=False, medium="screen"):
        """In another window, other colours or another medium, without loading it again."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=scale, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=medium, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def wait(self):
        """Until the page is loaded, and a moment more for what it would fetch then."""
        loaded, quiet_since = False, time.monotonic()
        started = time.monotonic()
        while not loaded or time.monotonic() - quiet_since < 0.3:
            if time.monotonic() - started > ANSWER_SECONDS:
                raise RuntimeError("the page does not load")
            events, self.browser.events = self.browser.events, []
            message = self.browser.receive(0.1)
            for event in events + ([message] if message else []):
                quiet_since = time.monotonic()
                loaded = self.take(event) or loaded

    def take(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Network.loadingFailed":
            self.said.append("not loaded: " + parameters["errorText"])
        elif method == "Runtime.consoleAPICalled":
            self.said.append("console: " + " ".join(
                str(argument.get("value")) for argument in parameters["args"]))
        elif method == "Runtime.exceptionThrown":
            self.said.append("exception: " + parameters["exceptionDetails"]["text"])
        elif method == "Log.entryAdded":
            self.said.append("log: " + parameters["entry"]["text"])
        return method == "Page.loadEventFired"

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    def picture(self, path, top=0, bottom=None):
        """The whole page, not only what the window shows, or what is between two heights."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip={
            "x": 0, "y": top, "width": size["width"], "scale": 1,
            "height": (bottom or size["height"]) - top})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
