"""What went wrong while installing, read from pip's own words and said plainly."""

import re
import sys
from typing import NamedTuple


class Cause(NamedTuple):
    """What pip's output looks like, what it means, and what helps."""

    pattern: str
    what: str
    remedy: str


# The first that is found in pip's output decides, so causes stand before their consequences: a
# broken network also ends in "No matching distribution found".
CAUSES = [
    Cause(
        r"No space left on device|Errno 28|not enough space on the disk",
        "The disk is full.",
        "free about 3 GB (torch alone takes 0.7 GB) and run the same command again.",
    ),
    Cause(
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The download's certificate could not be verified.",
        "check this machine's date; behind a company or school proxy, set PIP_CERT to its "
        "certificate file, then run the same command again.",
    ),
    Cause(
        r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|getaddrinfo"
        r"|Network is unreachable|ConnectTimeout|ReadTimeout|Connection(Reset|Refused)"
        r"|Connection refused|Connection aborted|Max retries exceeded|ProxyError"
        r"|Remote end closed connection|IncompleteRead",
        "The packages could not be downloaded: no connection.",
        "check the network (or set HTTPS_PROXY behind a proxy) and run the same command again; "
        "what has been downloaded is kept.",
    ),
    Cause(
        r"Permission denied|Errno 13|Access is denied|WinError 5",
        "A file in .venv could not be written.",
        "close programs that use it (JupyterLab, an editor), check that this folder is yours, "
        "and run the same command again.",
    ),
    Cause(
        r"No matching distribution found for (?P<name>\S+)",
        "There is no build of {name} for Python {python} on this machine.",
        "check the network; if it is fine, use another Python (3.11 to 3.13 are the safest), for "
        "example: python3.12 course.py lab. "
        "The folder .venv can be deleted; it holds nothing of yours.",
    ),
    Cause(
        r"ResolutionImpossible|conflicting dependencies",
        "The packages' versions contradict each other.",
        "get the newest course (git pull) and run the same command again; if it stays, please "
        "report it with the log.",
    ),
    Cause(
        r"MemoryError|Killed",
        "The machine ran out of memory.",
        "close other programs and run the same command again.",
    ),
]


def diagnose(output):
    """Return (what went wrong, what to do) for the output of a pip that failed."""
    for pattern, what, remedy in CAUSES:
        found = re.search(pattern, output)
        if found:
            names = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
            return what.format(**names, **found.groupdict()), remedy
    errors = [line for line in output.splitlines() if line.lower().startswith("error")]
    last = (errors or output.strip().splitlines() or ["pip said nothing"])[-1]
    return f"pip stopped: {last.strip()}", "read the log, mend what it names, and run it again."
