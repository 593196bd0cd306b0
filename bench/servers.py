"""Servers under measurement: start one on a private port, watch its CPU time and memory, end it."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent
TIDELOG = ROOT / "server/bin/Release/net10.0/tidelog-server"
REDIS = Path("/usr/bin/redis-server")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server process with nothing persisted; a context manager that ends it and removes its directory."""

    def __init__(self, name: str, binary: Path, *arguments: str):
        if not os.access(binary, os.X_OK):
            raise SystemExit(f"{binary} is missing" + ("; build the server project first" if name == "tidelog" else ""))
        self.name = name
        self.port = free_port()
        self._directory = tempfile.mkdtemp(prefix="tidelog-bench-")
        self.log = Path(self._directory) / "log"
        self._command = [str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._directory,
                         "--save", "", "--appendonly", "no", *arguments]
        self._start()

    @property
    def directory(self) -> Path:
        return Path(self._directory)

    def restart(self) -> None:
        """Ends the process without saving, and starts it again in the same directory."""
        self._end()
        self._start()

    def _start(self) -> None:
        started = time.perf_counter()
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self._process.pid
        try:
            self._wait_until_up()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - started

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with self.connect() as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(64) == b"+PONG\r\n":
                        return
            except OSError:
                pass
            time.sleep(0.002)
        raise SystemExit(f"{self.name} did not start:\n{self.log.read_text(errors='replace')}")

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def call(self, *arguments: str) -> bytes:
        """One command on a connection of its own; the reply's first bytes as they came."""
        with self.connect() as connection:
            connection.sendall(encode(*arguments))
            return connection.recv(1 << 16)

    def query(self, *arguments: str) -> object:
        """One command on a connection of its own; the reply as Python values."""
        with self.connect() as connection, connection.makefile("rb") as replies:
            connection.sendall(encode(*arguments))
            return decode(replies)

    def version(self) -> str:
        for line in self.call("INFO", "server").decode(errors="replace").splitlines():
            if line.startswith("redis_version:"):
                return line.partition(":")[2]
        return "?"

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def rss(self) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(self.name)

    def info(self, section: str) -> dict[str, str]:
        """INFO's fields of a section."""
        lines = str(self.query("INFO", section)).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def stop(self) -> None:
        self._end()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def encode(*arguments: str | bytes) -> bytes:
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument.encode() if isinstance(argument, str) else argument
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def decode(replies: BinaryIO) -> object:
    """The next RESP2 reply: str, int, list, or None."""
    line = replies.readline()
    kind, text = line[:1], line[1:-2].decode()
    if kind == b"+":
        return text
    if kind == b":":
        return int(text)
    if kind == b"$":
        return None if text == "-1" else replies.read(int(text) + 2)[:-2].decode(errors="replace")
    if kind == b"*":
        return None if text == "-1" else [decode(replies) for _ in range(int(text))]
    raise SystemExit(f"unexpected reply: {line!r}")


def exchange(connection: socket.socket, commands: bytes, replies: int) -> None:
    """Sends a batch of commands that answer one line each and waits for all the replies."""
    connection.sendall(commands)
    while replies > 0:
        data = connection.recv(1 << 20)
        if not data:
            raise SystemExit("the server closed the connection")
        if b"-" in data:
            # Replies here are +OK and :n.
            raise SystemExit(f"unexpected reply: {data[data.index(b'-'):][:200]!r}")
        replies -= data.count(b"\n")


def load(server: Server, count: int, value_length: int, batch: int = 10_000) -> None:
    """Sets keys "key:000000000000" and on, each with its own value of the given length."""
    with server.connect() as connection:
        for first in range(0, count, batch):
            last = min(count, first + batch)
            commands = b"".join(
                b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%0*d\r\n"
                % (i, value_length, value_length, i * 2654435761) for i in range(first, last))
            exchange(connection, commands, last - first)


def median(values: list[float]) -> float:
    return statistics.median(values)


def machine() -> str:
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {os.uname().release}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    def line(cells: list[str]) -> str:
        padded = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])
