"""A real browser without a window, in which pages are opened and used."""

import os
import shutil
from contextlib import contextmanager

import pytest

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def found(package, *programs):
    """Return the path of a program; without it tests are skipped, but not in CI."""
    path = next(filter(None, map(shutil.which, programs)), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"there is no {programs[0]} here (apt-get install {package})"
        )
    return path


@contextmanager
def chromium():
    """Start Chromium."""
    path = found("chromium", "chromium", "chromium-browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened(browser, path, **how):
    """Open a file; whatever it says on the console or asks of a network is an error at the end."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]


def reach_modules(page):
    """Make what the page's modules export reachable as global names."""
    page.evaluate(
        "Object.assign(globalThis, module_store, module_choice, module_recordings, module_recount, "
        "module_curves, module_playback, module_network)"
    )


def choose_switch(page, name, value):
    """Click one of the buttons of a switch."""
    page.locator(f"#{name} label", has=page.locator(f"input[value='{value}']")).click()


def axe_finds_nothing(page, language, scheme, width):
    """Let axe look at a page in one language, colour scheme and width; it must fit the width."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    try:
        choose_switch(page, "language", language)
        page.locator("#about").evaluate("(element) => (element.open = true)")
        rules = {"label-content-name-mismatch": {"enabled": True}}
        violations = Axe().run(page, options={"rules": rules}).response["violations"]
        found = [[v["id"], *(n["html"][:200] for n in v["nodes"])] for v in violations]
        assert found == [], found
        assert page.evaluate("document.documentElement.scrollWidth") == width
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
