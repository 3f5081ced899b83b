"""Print the nbgitpuller link that brings a participants' edition into a learner's home on a hub.

    python workshop/hub/link.py https://hub.example.org https://git.example.org/class/cnnlab.git

The repository is what `course.py handout DIR` wrote, committed and pushed. A click on the link logs
in, starts the server, pulls, and opens lesson 00; what a learner changed is kept.
"""

import argparse
import sys
from pathlib import PurePosixPath
from urllib.parse import quote, urlencode, urlsplit


def link(hub, repository, branch="main", notebook="notebooks/00_start_here.ipynb"):
    """Return the link.

    >>> link("https://hub.org", "https://git.org/cnnlab.git")[:45]
    'https://hub.org/hub/user-redirect/git-pull?re'
    """
    for name, value in (("hub", hub), ("repository", repository)):
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError(f"{name} must be a web address, got {value!r}")
    folder = PurePosixPath(urlsplit(repository).path).name.removesuffix(".git")
    # Without targetpath the folder would be called as the address ends, with .git.
    asked = {"repo": repository, "branch": branch, "targetpath": folder}
    asked["urlpath"] = f"lab/tree/{folder}/{notebook}"
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(asked, quote_via=quote)}"


def main(arguments=None):
    """Print the link; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("hub")
    parser.add_argument("repository")
    parser.add_argument("--branch", default="main")
    options = parser.parse_args(arguments)
    try:
        print(link(options.hub, options.repository, options.branch))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
