"""A JupyterLab of the tests' own: free port, own folders, ended by its own process."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

FLAGS = [
    "--expose-app-in-browser",
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
# Waiting for the idle dot and clicking Run All silently runs nothing; this asks the objects.
RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const widget = app.shell.currentWidget;
  await widget.context.ready;
  await widget.sessionContext.ready;
  await widget.sessionContext.session.kernel.info;
  await app.commands.execute("notebook:run-all-cells");
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"


def notebook(*cells):
    """Return a notebook with these cells of code."""
    made = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text, "outputs": [],
         "execution_count": None}
        for i, text in enumerate(cells)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


class Lab:
    """One server and the notebooks it shows."""

    def __init__(self, browser, folder):
        self.browser, self.folder, self.count = browser, folder, 0
        self.work = folder / "work"
        self.work.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        own = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("DATA", "RUNTIME", "CONFIG")}
        self.log = (folder / "lab.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *FLAGS, f"--ServerApp.port={self.port}",
             f"--ServerApp.root_dir={self.work}"],
            env=os.environ | own, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self.address = f"http://127.0.0.1:{self.port}"
        self._wait()

    def _wait(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, (self.folder / "lab.log").read_text()
            try:
                return urllib.request.urlopen(f"{self.address}/api", timeout=2).read()
            except OSError:
                time.sleep(0.2)
        raise AssertionError("JupyterLab did not answer within 60 s")

    def open(self, *cells, width=1400, height=950, theme=None):
        """Open a fresh notebook with these cells, run them all, and return its page."""
        self.count += 1
        name = f"test-{self.count}.ipynb"
        (self.work / name).write_text(json.dumps(notebook(*cells)))
        context = self.browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.foreign = []
        page.on("request", lambda request: self._look(page, request))
        page.goto(f"{self.address}/lab/workspaces/w{self.count}/tree/{name}?reset")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context")
        if theme:
            page.evaluate(
                "(name) => jupyterapp.commands.execute('apputils:change-theme', { theme: name })",
                theme,
            )
        page.evaluate(RUN_ALL)
        return page

    def _look(self, page, request):
        if not request.url.startswith(
            (self.address, "data:", "blob:", f"ws://127.0.0.1:{self.port}")
        ):
            page.foreign.append(request.url)

    def close(self):
        """End the server, and with it its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
