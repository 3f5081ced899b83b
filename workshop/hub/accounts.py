"""The participants' accounts on the hub's machine: one system user each, one closed home each.

Nothing here needs JupyterHub itself. It runs as root, before a participant's server starts.
"""

import asyncio
import grp
import pwd
import subprocess
import sys
import threading
from pathlib import Path

from settings import NAME
from tornado import web

COURSE = Path(__file__).resolve().parents[2]
GROUP = "cnnlab-class"
LAY = (
    "import sys; from course_parts.laying import lay\n"
    "for sentence in lay(sys.argv[1], sys.argv[2]): print(sentence)"
)
# useradd locks the list of users: two at a time, and one of them fails.
_one_at_a_time = threading.Lock()


class RefusedError(Exception):
    """Why a name gets no account, as a sentence."""


async def prepare(spawner):
    """Make the account and lay the notebooks, without holding up the other participants."""
    try:
        said = await asyncio.to_thread(ready, spawner.user.name)
    except RefusedError as why:
        spawner.log.warning("%s", why)
        raise web.HTTPError(403, str(why)) from why
    for line in said.splitlines():
        spawner.log.info("%s: %s", spawner.user.name, line)


def ready(name):
    """Give a participant an account and the newest notebooks; return what laying them said."""
    with _one_at_a_time:
        account = account_of(name)
    return lay_notebooks(account)


def account_of(name):
    """Return the account of this name, made if need be, its home closed to all others.

    A name that the machine had before the class (root, www-data, the instructor's own login) is
    refused: whoever signs up under it must not become that user.
    """
    if not NAME.fullmatch(name):
        raise RefusedError(f"name must be 2 to 31 of a-z, 0-9 and -, a letter first; got {name!r}")
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        account = _made(name)
    if account.pw_gid != _group():
        raise RefusedError(f"name {name!r} belongs to this machine, not to the class")
    Path(account.pw_dir).chmod(0o700)
    return account


def _made(name):
    _group()
    command = ["useradd", "--create-home", "--gid", GROUP, "--shell", "/bin/bash", "--key"]
    subprocess.run([*command, "HOME_MODE=0700", name], check=True, capture_output=True, text=True)
    return pwd.getpwnam(name)


def _group():
    """Return the number of the class's group, made if need be."""
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        subprocess.run(["groupadd", "--system", GROUP], check=True, capture_output=True, text=True)
        return grp.getgrnam(GROUP).gr_gid


def lay_notebooks(account):
    """Lay the notebooks in the participant's work/, as the participant; nothing is overwritten."""
    work = Path(account.pw_dir) / "work"
    done = subprocess.run(
        [sys.executable, "-c", LAY, str(COURSE / "notebooks"), str(work)],
        cwd=COURSE,
        env={"HOME": account.pw_dir, "PATH": "/usr/bin:/bin"},
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        umask=0o077,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no words"])[-1]
        raise RefusedError(f"the notebooks of {account.pw_name} could not be laid: {last}")
    return done.stdout
