"""What every test stands on: a learner's files are out of reach, each run tries the same cases."""

import itertools
import os
import shutil
import signal
import tempfile
import threading

# Set before cnnlab, matplotlib or IPython are imported anywhere, since they read these at import.
# The worker processes of pytest-xdist and nbval's kernels inherit them; so the folder is made by
# the first process alone, and removed by it.
_SHARED_HOME = "CNNLAB_TEST_HOME"
_IS_FIRST_PROCESS = _SHARED_HOME not in os.environ
if _IS_FIRST_PROCESS:
    os.environ[_SHARED_HOME] = tempfile.mkdtemp(prefix="cnnlab-tests-")
_HOME = os.environ[_SHARED_HOME]
os.environ["CNNLAB_DATA_DIR"] = os.path.join(_HOME, "progress")
os.environ["IPYTHONDIR"] = os.path.join(_HOME, "ipython")
os.environ["MPLBACKEND"] = "Agg"

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("cnnlab", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("cnnlab")
_number = itertools.count()


@pytest.fixture(autouse=True)
def _own_progress(monkeypatch):
    """Keep one test's progress from being seen by the next."""
    folder = os.path.join(_HOME, f"progress-{os.getpid()}-{next(_number)}")
    monkeypatch.setenv("CNNLAB_DATA_DIR", folder)


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace):
    """Let docstring examples say `np`, as every notebook's first cell does."""
    doctest_namespace["np"] = np


def pytest_configure(config):
    """Answer Ctrl+C, and give nbval's kernels the backend of a notebook: pictures in the page."""
    # A build server may start this in the background, with Ctrl+C ignored: tests that send one
    # would wait for ever. Python's own answer to it is put back.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("nbval", False) or config.getoption("nbval_lax", False):
        os.environ.pop("MPLBACKEND", None)


def pytest_unconfigure():
    """Remove the shared folder when the process that made it ends."""
    if _IS_FIRST_PROCESS:
        shutil.rmtree(_HOME, ignore_errors=True)
