"""Firefox and WebKit without a window, for what must hold in all browsers.

Each opens a file and gives what calls a JavaScript function in its page and returns the result.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from browser import found


@contextmanager
def running(*command, **surroundings):
    """Start a program, whose output goes to a pipe; end it."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **surroundings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def firefox(path):
    """Open a file in Firefox, which is told what to do by WebDriver BiDi."""
    from websockets.sync.client import connect

    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        command = [found("firefox-esr", "firefox-esr"), "--headless", "--no-remote"]
        options = ["--profile", home, "--remote-debugging-port", "0"]
        process = stack.enter_context(running(*command, *options, HOME=home))
        lines = iter(process.stdout.readline, "")
        address = next(line.split()[-1] for line in lines if "WebDriver BiDi listening" in line)
        browser = stack.enter_context(connect(f"{address}/session", max_size=None))

        def call(method, **params):
            browser.send(json.dumps({"id": 1, "method": method, "params": params}))
            while (answer := json.loads(browser.recv())).get("id") != 1:
                pass
            assert answer["type"] == "success", answer
            return answer["result"]

        call("session.new", capabilities={})
        (tab,) = call("browsingContext.getTree")["contexts"]
        target = {"context": tab["context"]}
        call("browsingContext.navigate", url=path.as_uri(), wait="complete", **target)

        def evaluate(function):
            script = f"Promise.resolve(({function})()).then(JSON.stringify)"
            answer = call("script.evaluate", expression=script, target=target, awaitPromise=True)
            assert answer["type"] == "success", answer
            return json.loads(answer["result"]["value"])

        yield evaluate


@contextmanager
def webkit(path):
    """Open a file in WebKit, which is told what to do by WebDriver; its window is on no screen."""
    driver = found("webkit2gtk-driver", "WebKitWebDriver")
    (browser,) = Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        options = ["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x900x24"]
        screen = stack.enter_context(running(found("xvfb", "Xvfb"), *options))
        number = screen.stdout.readline().strip()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        stack.enter_context(
            running(
                driver,
                f"--port={port}",
                HOME=home,
                DISPLAY=f":{number}",
                WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1",  # which needs rights that CI lacks
            )
        )

        def call(address, method="POST", **body):
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/session{address}",
                json.dumps(body).encode() if method == "POST" else None,
                method=method,
            )
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - of this machine
                return json.loads(answer.read())["value"]

        wanted = {"webkitgtk:browserOptions": {"binary": str(browser), "args": ["--automation"]}}
        for _ in range(100):  # until the driver listens
            try:
                session = call("", capabilities={"alwaysMatch": wanted})["sessionId"]
                break
            except OSError as error:  # such as a refused connection
                time.sleep(0.1)
                refused = error
        else:
            raise refused
        try:
            call(f"/{session}/timeouts", script=60_000)
            call(f"/{session}/url", url=path.as_uri())

            def evaluate(function):
                script = f"Promise.resolve(({function})()).then(JSON.stringify).then(arguments[0])"
                return json.loads(call(f"/{session}/execute/async", script=script, args=[]))

            yield evaluate
        finally:
            call(f"/{session}", "DELETE")
