"""The hub's settings, read from the environment and refused where they would be unsafe.

Nothing here needs JupyterHub. CNNLAB_HUB_... are:

SIGNUP          native (default): each participant chooses a password, an admin lets them in
                shared: one password for all; whoever has it can log in under any name of the class
ADMINS          the instructors' names, with commas; at least one
ADMIN_PASSWORD  their password, 32 characters or more
PASSWORD        shared only: the class's password, 8 characters or more
CLASS           shared only: a file with the participants' names, one a line
SEATS           how many may work at once (30, or as many as the class has names)
MEMORY          what one process of a participant may take (2G)
URL             where it listens (http://127.0.0.1:8000); elsewhere only with a certificate:
CERT, KEY       the certificate's files
STATE           the folder of the hub's own files (/var/lib/cnnlab-hub)
"""

import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

ADMIN_LENGTH, CLASS_LENGTH = 32, 8
NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")


class SettingError(Exception):
    """Why the hub does not start: the setting, and the rule that it breaks."""


def read(environ):
    """Return the settings by their names in lower case."""
    get = {name.removeprefix("CNNLAB_HUB_"): value for name, value in environ.items()}.get
    found = SimpleNamespace(
        signup=get("SIGNUP", "native"),
        admins=_names("ADMINS", get("ADMINS", "").split(",")),
        admin_password=_password("ADMIN_PASSWORD", get("ADMIN_PASSWORD", ""), ADMIN_LENGTH),
        password=None,
        participants=set(),
        memory=get("MEMORY", "2G"),
        url=get("URL", "http://127.0.0.1:8000"),
        cert=get("CERT", ""),
        key=get("KEY", ""),
        state=Path(get("STATE", "/var/lib/cnnlab-hub")),
    )
    if found.signup not in ("native", "shared"):
        raise SettingError(f"CNNLAB_HUB_SIGNUP must be native or shared, got {found.signup!r}")
    if found.signup == "shared":
        found.password = _password("PASSWORD", get("PASSWORD", ""), CLASS_LENGTH)
        if found.password == found.admin_password:
            raise SettingError("CNNLAB_HUB_PASSWORD must not be the admins' password")
        found.participants = _class(get("CLASS", ""))
    found.seats = _seats(get("SEATS", ""), len(found.participants | found.admins))
    _check_address(found)
    return found


def _password(name, value, length):
    if len(value) < length:
        raise SettingError(
            f"CNNLAB_HUB_{name} must have {length} characters or more, got {len(value)}"
        )
    return value


def _names(setting, words):
    names = {word.strip() for word in words if word.strip()}
    wrong = sorted(name for name in names if not NAME.fullmatch(name))
    if wrong or not names:
        raise SettingError(
            f"CNNLAB_HUB_{setting} must hold names of 2 to 31 of a-z, 0-9 and -, a letter first; "
            f"got {wrong[0] if wrong else 'none'}"
        )
    return names


def _class(path):
    try:
        return _names("CLASS", Path(path).read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise SettingError(
            f"CNNLAB_HUB_CLASS must name a file with the participants' names, got {path!r}"
        ) from error


def _seats(value, names):
    if value and not (value.isdecimal() and int(value) > 0):
        raise SettingError(f"CNNLAB_HUB_SEATS must be a whole number above 0, got {value!r}")
    return max(int(value or 0) or 30, names)


def _check_address(found):
    """Passwords cross a network under a certificate or not at all."""
    address = urlsplit(found.url)
    if address.hostname not in ("127.0.0.1", "::1", "localhost") and not (found.cert and found.key):
        raise SettingError(
            f"CNNLAB_HUB_URL must be on 127.0.0.1 (behind a proxy with a certificate), or "
            f"CNNLAB_HUB_CERT and CNNLAB_HUB_KEY must be given; got {found.url!r}"
        )
