"""Find a browser of the Chromium family, the kind that the explorers' tests drive."""

import os
import shutil
import sys
from pathlib import Path

COMMANDS = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
]
MAC_APPS = [
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
]
WINDOWS_PROGRAMS = [
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
]


def _candidates(environ, platform):
    yield from filter(None, (shutil.which(name, path=environ.get("PATH")) for name in COMMANDS))
    if platform == "darwin":
        for folder in ("/Applications", str(Path.home() / "Applications")):
            yield from (Path(folder) / app for app in MAC_APPS)
    if platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            folder = environ.get(variable)
            if folder:
                yield from (Path(folder) / program for program in WINDOWS_PROGRAMS)


def find_browser(environ=os.environ, platform=sys.platform):
    """Return the path of a browser, or None; CNNLAB_BROWSER names one when it stands elsewhere."""
    named = environ.get("CNNLAB_BROWSER")
    if named:
        return named if Path(named).is_file() else None
    found = (str(path) for path in _candidates(environ, platform) if Path(path).is_file())
    return next(found, None)
