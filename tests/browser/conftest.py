"""A browser, a plain page with a stand-in for anywidget's model, and a JupyterLab."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from course_parts.browser import find_browser
from tests.browser.lab import Lab

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "explorers"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ADDRESS = "http://plain.page/"
# What anywidget gives a view: get, set, save_changes, send, on and off. Python answers at once.
MODEL = """
Object.assign(window, { models: [], ends: [] });
window.makeModel = (state, bridge) => {
  const heard = {}, dirty = new Set();
  const model = {
    state, log: [],
    get: (key) => state[key],
    set: (key, value) => { state[key] = value; dirty.add(key); fire(key); },
    save_changes: () => {
      const changed = Object.fromEntries([...dirty].map((key) => [key, state[key]]));
      dirty.clear();
      return window.toPython(bridge, { changed }).then(model.receive);
    },
    send: (content) => window.toPython(bridge, { content }).then(model.receive),
    on: (event, act) => (heard[event] ??= new Set()).add(act),
    off: (event, act) => heard[event]?.delete(act),
    receive: (update) => {
      const text = JSON.stringify;
      const fresh = Object.keys(update).filter((k) => text(update[k]) !== text(state[k]));
      Object.assign(state, update);
      fresh.forEach(fire);
    },
    listeners: () => Object.values(heard).reduce((sum, set) => sum + set.size, 0),
  };
  const fire = (key) => { for (const act of heard[`change:${key}`] ?? []) act(); };
  return model;
};
"""


@pytest.fixture(scope="session")
def browser():
    path = find_browser()
    assert path, "no Chromium, Chrome or Edge was found; CNNLAB_BROWSER can name one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class PlainPage:
    """A page without Jupyter on which explorers are shown; any request or error fails the test."""

    def __init__(self, browser, width=1000, height=900, scheme="light"):
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.explorers, self.asked_for, self.errors = [], [], []
        self.page.route("**/*", self._serve)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.expose_function("toPython", self._heard)
        self.page.goto(ADDRESS)
        self.page.evaluate(MODEL)

    def show(self, explorer):
        """Show an explorer (again); return the locator of its root."""
        if explorer not in self.explorers:
            self.explorers.append(explorer)
        number = self.explorers.index(explorer)
        self.page.evaluate(
            """async ([number, state, esm, css]) => {
              window.models[number] ??= makeModel(state, number);
              const style = document.createElement("style");
              style.textContent = css;
              document.head.append(style);
              const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
              const { default: widget } = await import(address);
              const el = document.createElement("div");
              document.body.append(el);
              window.ends.push(await widget.render({ model: window.models[number], el }));
            }""",
            [number, state_of(explorer), explorer._esm, explorer._css],
        )
        return self.page.locator(".cnnlab").last

    def push(self, explorer):
        """Carry what Python changed to the page, as the kernel would."""
        self.page.evaluate(
            "([number, state]) => window.models[number].receive(state)",
            [self.explorers.index(explorer), state_of(explorer)],
        )

    def close(self):
        """Close the page; nothing may have been fetched and nothing thrown."""
        self.context.close()
        assert self.asked_for == []
        assert self.errors == []

    def _serve(self, route):
        if route.request.url == ADDRESS:
            body = "<!doctype html><html lang=en><meta charset=utf-8><title>plain</title><body>"
            route.fulfill(body=body, content_type="text/html")
        elif route.request.url.startswith(("blob:", "data:")) or "favicon" in route.request.url:
            route.fallback()
        else:
            self.asked_for.append(route.request.url)
            route.abort()

    def _heard(self, number, message):
        explorer = self.explorers[number]
        if "content" in message:
            explorer._told(explorer, message["content"], [])
        else:
            explorer.set_trait("place", message["changed"].get("place", explorer.place))
            if "asked" in message["changed"]:
                explorer.asked = message["changed"]["asked"]
        return state_of(explorer)


def state_of(explorer):
    """Return the synced state as JSON; bytes become the lists they stand for."""
    traits = {name: getattr(explorer, name) for name in ("about", "drawing", "place")}
    return json.loads(json.dumps(traits, default=lambda raw: np.frombuffer(raw, "<f8").tolist()))


@pytest.fixture
def plain(browser):
    pages = []

    def make(**settings):
        pages.append(PlainPage(browser, **settings))
        return pages[-1]

    yield make
    for page in pages:
        page.close()


@pytest.fixture
def picture(request):
    """Keep a screenshot among the artefacts of the run, for people to look at."""

    def keep(locator, name):
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        locator.screenshot(path=ARTIFACTS / f"{re.sub('[^a-z0-9-]', '-', name)}.png")

    return keep


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    lab = Lab(browser, tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()
