"""Log in a class through the real hub, start their servers, run a lesson; say how long it took.

    CNNLAB_HUB_PASSWORD=... python workshop/hub/load.py --url http://127.0.0.1:8000 --names p01 p02

Each participant logs in by the form, starts a server, starts a kernel and runs every code cell of
the solved lesson over the websocket, as a browser does, all participants at once. With --measure
the participants' processes on this machine are measured, so it must run there, as root.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
import urllib.parse
import uuid
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

LESSON = Path(__file__).resolve().parents[2] / "solutions" / "01_convolution.ipynb"
STEPS = ("log in", "server", "kernel", "first cell", "all cells", "slowest cell")


class Participant:
    """One participant: a name, a password, the cookies of their browser, and their times."""

    def __init__(self, hub, name, password):
        self.hub, self.name, self.password = hub.rstrip("/"), name, password
        self.cookies, self.token, self.times, self.failed = {}, None, {}, []
        self.client = AsyncHTTPClient()

    async def ask(self, path, method="GET", body=None, headers=None, follow=False):
        """Send one request with the cookies there are; keep those that come back."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"token {self.token}"
        elif self.cookies:
            sent["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        request = HTTPRequest(
            self.hub + path,
            method=method,
            body=body,
            headers=sent,
            follow_redirects=follow,
            request_timeout=600,
            connect_timeout=120,
        )
        answer = await self.client.fetch(request, raise_error=False)
        for line in answer.headers.get_list("Set-Cookie"):
            key, _, value = line.split(";")[0].partition("=")
            self.cookies[key] = value
        if answer.code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.code} {answer.reason}")
        return answer

    async def log_in(self):
        """Log in by the form, as a browser does, and take a token for what follows."""
        await self.ask("/hub/login")
        form = {"username": self.name, "password": self.password, "_xsrf": self.cookies["_xsrf"]}
        body = urllib.parse.urlencode(form)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self.ask("/hub/login?next=%2Fhub%2Fhome", "POST", body, kind)
        if answer.code != 302:
            raise RuntimeError(f"{self.name} was not let in")
        await self.ask("/hub/home")  # the cookie against forged requests is now this user's
        headers = {"X-XSRFToken": self.cookies["_xsrf"], "Referer": f"{self.hub}/hub/home"}
        made = await self.ask(f"/hub/api/users/{self.name}/tokens", "POST", "{}", headers)
        self.token = json.loads(made.body)["token"]

    async def start_server(self):
        """Ask for the server and wait until the hub says that it is there."""
        server = await self.server()
        if not server:  # else it is there already, or on its way
            await self.ask(f"/hub/api/users/{self.name}/server", "POST", "")
            server = await self.server()
        while not server.get("ready"):
            if not server.get("pending"):
                raise RuntimeError(f"the server of {self.name} did not start")
            await asyncio.sleep(0.5)
            server = await self.server()

    async def server(self):
        """Return what the hub says of this participant's server; nothing where there is none."""
        told = json.loads((await self.ask(f"/hub/api/users/{self.name}")).body)
        return told["servers"].get("", {})

    async def start_kernel(self):
        """Start a kernel and open its websocket."""
        path = f"/user/{self.name}/api/kernels"
        made = json.loads((await self.ask(path, "POST", json.dumps({"name": "python3"}))).body)
        address = f"{self.hub.replace('http', 'ws', 1)}{path}/{made['id']}/channels"
        request = HTTPRequest(address, headers={"Authorization": f"token {self.token}"})
        self.socket = await websocket_connect(request, max_message_size=100_000_000)

    async def run(self, code):
        """Run one cell and wait until the kernel is idle again; note a cell that failed."""
        mark = uuid.uuid4().hex
        header = {"msg_id": mark, "msg_type": "execute_request", "username": "", "session": mark}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        await self.socket.write_message(json.dumps({**message, "channel": "shell", "buffers": []}))
        while True:
            raw = await self.socket.read_message()
            if raw is None:
                raise RuntimeError(f"the kernel of {self.name} is gone")
            if isinstance(raw, bytes):
                continue  # a picture's data for a widget
            told = json.loads(raw)
            if told["parent_header"].get("msg_id") != mark:
                continue
            if told["msg_type"] == "error":
                self.failed.append(f"{told['content']['ename']}: {told['content']['evalue'][:200]}")
            idle = told["content"].get("execution_state") == "idle"
            if told["msg_type"] == "status" and idle:
                return

    async def take_part(self, cells, pause):
        """Do all of it and note the seconds of each step."""
        clock = Clock(self.times)
        await self.log_in()
        clock.note("log in")
        await self.start_server()
        clock.note("server")
        await self.start_kernel()
        clock.note("kernel")
        slowest = 0.0
        began = time.monotonic()
        for number, cell in enumerate(cells):
            cell_began = time.monotonic()
            await self.run(cell)
            seconds = time.monotonic() - cell_began
            slowest = max(slowest, seconds if number else 0.0)
            if number == 0:
                self.times["first cell"] = seconds
            await asyncio.sleep(pause)
        self.times["all cells"] = time.monotonic() - began - pause * len(cells)
        self.times["slowest cell"] = slowest

    async def leave(self):
        """Stop the server; what it does not do in time is left to the hub."""
        await self.ask(f"/hub/api/users/{self.name}/server", "DELETE")


class Clock:
    """Notes how long each step took since the one before."""

    def __init__(self, times):
        self.times, self.last = times, time.monotonic()

    def note(self, step):
        """Write down the seconds since the last note."""
        now = time.monotonic()
        self.times[step], self.last = now - self.last, now


def cells_of(path):
    """Return the code cells of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def measure(names):
    """Return each participant's (MB, seconds of processor) from their processes on this machine.

    A page of memory that several processes share counts in parts. Seconds of processor say what
    the work costs, however busy the machine is with other things.
    """
    import pwd

    owners = {entry.pw_uid: entry.pw_name for entry in pwd.getpwall() if entry.pw_name in names}
    found = {name: [0.0, 0.0] for name in owners.values()}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name = owners.get(process.stat().st_uid)
            if name is None:
                continue
            memory = (process / "smaps_rollup").read_text()
            times = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:  # it ended while we looked
            continue
        shares = [line.split()[1] for line in memory.splitlines() if line.startswith("Pss:")]
        found[name][0] += int(shares[0]) / 1000 if shares else 0.0
        found[name][1] += sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return found


def rows_of(people, measured):
    """Return for each step its median, what nine of ten stay within, and the longest."""
    rows = {f"{step}, s": spread([person.times[step] for person in people]) for step in STEPS}
    if measured:
        rows["memory, MB"] = spread([memory for memory, _ in measured.values()])
        rows["processor, s"] = spread([seconds for _, seconds in measured.values()])
    return rows


def table(rows):
    """Return the figures of a class as text."""
    lines = [f"{'':<16}{'median':>9}{'9 of 10':>9}{'longest':>9}"]
    lines += [f"{step:<16}" + "".join(f"{x:>9.1f}" for x in row) for step, row in rows.items()]
    return "\n".join(lines)


def record(path, run):
    """Put a run into the file of figures, in the place of an earlier one of that class."""
    runs = json.loads(path.read_text("utf-8")) if path.exists() else []
    others = [one for one in runs if one["participants"] != run["participants"]]
    path.write_text(json.dumps([*others, run], indent=1) + "\n", encoding="utf-8")


def machine():
    """Return what the figures depend on: cores, memory, how busy it is, and the hub."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "load_before": round(os.getloadavg()[0], 1),
        "hub": f"JupyterHub {version('jupyterhub')}",
    }


def spread(values):
    """Return the median, the value that nine of ten stay within, and the largest.

    >>> spread([1, 2, 3, 4, 5, 6, 7, 8, 9, 100])
    (5.5, 9, 100)
    """
    ordered = sorted(values)
    within = ordered[max(0, -(-9 * len(ordered) // 10) - 1)]
    return statistics.median(ordered), within, ordered[-1]


async def a_class(options, password):
    """Let the whole class take part at once; return (people, measured, what went wrong)."""
    AsyncHTTPClient.configure(None, max_clients=1000)
    cells = cells_of(options.lesson)
    people = [Participant(options.url, name, password) for name in options.names]
    results = await asyncio.gather(
        *(person.take_part(cells, options.pause) for person in people), return_exceptions=True
    )
    troubles = [
        f"{person.name}: {result or type(result).__name__}"
        for person, result in zip(people, results, strict=True)
        if isinstance(result, BaseException)
    ]
    troubles += [f"{person.name}: a cell failed: {e}" for person in people for e in person.failed]
    measured = measure(options.names) if options.measure else {}
    if not options.stay:
        await asyncio.gather(*(person.leave() for person in people), return_exceptions=True)
    return people, measured, troubles


def main(arguments=None):
    """Run a class and print its figures; return 0 when every cell of everybody ran."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--names", nargs="+", required=True, help="names that the hub lets in")
    parser.add_argument("--lesson", type=Path, default=LESSON)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between cells")
    parser.add_argument(
        "--measure", action="store_true", help="memory and processor, here, as root"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep the figures, as JSON")
    parser.add_argument("--stay", action="store_true", help="leave the servers running")
    options = parser.parse_args(arguments)
    password = os.environ.get("CNNLAB_HUB_PASSWORD", "")
    if not password:
        parser.error("CNNLAB_HUB_PASSWORD must hold the class's password")
    about, began = machine() if options.record else {}, time.monotonic()
    try:
        people, measured, troubles = asyncio.run(a_class(options, password))
    except (HTTPClientError, OSError) as error:
        print(f"{options.url} does not answer: {error}", file=sys.stderr)
        return 1
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    done = [person for person in people if len(person.times) == len(STEPS)]
    seconds = round(time.monotonic() - began)
    print(f"{len(done)} of {len(people)} took part, {seconds} s in all")
    if done:
        rows = rows_of(done, measured)
        print(table(rows))
    if options.record and not troubles:
        rounded = {step: [round(x, 1) for x in row] for step, row in rows.items()}
        whole = {"participants": len(done), "seconds": seconds, "rows": rounded}
        record(options.record, {**about, "load_after": round(os.getloadavg()[0], 1), **whole})
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
