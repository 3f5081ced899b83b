"""Look which build of torch pip would fetch, before gigabytes are fetched.

The course uses torch as the referee on an ordinary processor. On Mac and Windows the plain wheel is
that build. On Linux the plain wheel is made for NVIDIA cards and brings several GB of CUDA with it,
while the small build stands on an index of PyTorch's own. This module looks first (a dry run, which
downloads no wheel), says what it found, and asks. What is configured for pip already - an extra
index, a folder with wheels - is honoured without a question.
"""

import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course_parts.saying import Progress, StopError

ANY = "any"
CUDA_NAMES = ("nvidia-", "cuda-", "triton")
HOW_TO_GET_THE_SMALL_ONE = """\
  1. On pytorch.org choose "Get started", then Stable, Linux, Pip, Python, CPU.
  2. Take the command that it shows; only the address in it is used."""


def options(index):
    """Return pip's options for the address that was chosen, if one was."""
    return ["--extra-index-url", index] if index and index != ANY else []


def address_in(text):
    """Return the web address in what a reader pasted: an address, or PyTorch's whole command.

    >>> address_in("pip3 install torch --index-url https://example.org/whl/cpu")
    'https://example.org/whl/cpu'
    """
    found = re.search(r"(https?|file)://[^\s'\"<>]+", text)
    return found.group(0) if found else None


def look(python, constraint, index=None):
    """Return pip's plan for torch: a list of (name, version, address of the file)."""
    command = [python, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    command += ["--disable-pip-version-check", "--no-input", "--report", "-", *constraint]
    answer = subprocess.run(
        [*map(str, command), *options(index), "torch"], capture_output=True, text=True
    )
    if answer.returncode:
        return None  # The real installation will fail too, and says why better than a dry run.
    items = json.loads(answer.stdout)["install"]
    return [
        (
            item["metadata"]["name"].lower(),
            item["metadata"]["version"],
            item["download_info"]["url"],
        )
        for item in items
    ]


def is_large(plan):
    """Tell whether a plan holds the build for NVIDIA cards."""
    return any(name.startswith(CUDA_NAMES) for name, _, _ in plan or [])


def size_of(address):
    """Ask for a file's size in bytes without fetching it; 0 when it is not told."""
    try:
        if address.startswith("file:"):
            path = urllib.request.url2pathname(urllib.parse.urlsplit(address).path)
            return Path(path).stat().st_size
        request = urllib.request.Request(address, method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.headers.get("Content-Length") or 0)
    except (OSError, ValueError):
        return 0


def describe(plan):
    """Say how much a plan would download: '28 packages, about 3.1 GB'."""
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(size_of, (address for _, _, address in plan)))
    size = f"about {sum(sizes) / 1e9:.1f} GB" if all(sizes) else "several GB"
    return f"{len(plan)} packages, {size}"


def choose(python, constraint, choice=None, platform=sys.platform, ask=None):
    """Return the extra index to use: an address, 'any' for whatever pip takes, or None."""
    if not platform.startswith("linux"):
        return None
    if choice == ANY:
        return ANY
    index = address_in(choice) if choice else None
    if choice and not index:
        raise StopError(
            f"--torch {choice!r} is neither a web address nor 'any'.",
            f"give the address of PyTorch's CPU builds:\n{HOW_TO_GET_THE_SMALL_ONE}",
        )
    with Progress("Looking which build of torch fits"):
        plan = look(python, constraint, index)
    if not is_large(plan):
        return index
    amount = describe(plan)
    if index:
        raise StopError(
            f"With {index} pip would still take torch's build for NVIDIA cards ({amount}).",
            f"check the address:\n{HOW_TO_GET_THE_SMALL_ONE}",
        )
    if os.environ.get("CI") == "true":
        print(f"torch: taking the build for NVIDIA cards ({amount}); set CNNLAB_TORCH to change it")
        return ANY
    return _ask(python, constraint, amount, ask or _reader())


def _reader():
    return input if sys.stdin is not None and sys.stdin.isatty() else None


def _ask(python, constraint, amount, ask):
    what = f"pip would take torch's build for NVIDIA cards: {amount}."
    remedy = (
        "The course needs only the build for ordinary processors, about 0.2 GB, which PyTorch "
        f"keeps on an index of its own:\n{HOW_TO_GET_THE_SMALL_ONE}\n"
    )
    if ask is None:
        raise StopError(
            what,
            f"{remedy}  3. Run this again with --torch ADDRESS (or --torch any for the large one).",
        )
    print(f"\n{what}\n{remedy}")
    answer = ask("Paste the command or its address (any = take the large one, Enter = stop): ")
    if not answer.strip():
        raise StopError("Stopped before downloading torch.", "run the same command when ready.")
    return choose(python, constraint, answer.strip(), ask=ask)
