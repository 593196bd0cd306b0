"""Fetches the source package of redis from the machine's own Debian mirrors, without touching its apt configuration."""

import os
import re
import shutil
import subprocess
from pathlib import Path

VERSION = "7.0.15"
GENERIC_SUITES = {"stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"}


class Unavailable(Exception):
    """The source cannot be had here; the text says why."""


def obtain(work: Path) -> Path:
    """Returns the root of redis's unpacked source, fetched once and then kept under `work`."""
    root = work / f"redis-{VERSION}"
    if not (root / "runtest").exists():
        download = work / "download"
        shutil.rmtree(download, ignore_errors=True)
        download.mkdir(parents=True)
        _download(work / "apt", download)
        _unpack(download, root)
    return root


def _download(state: Path, target: Path) -> None:
    for folder in ("sources", "state/lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    stanzas = source_stanzas(Path("/etc/apt"), _codename())
    if not stanzas:
        raise Unavailable("no Debian mirror in the apt sources of this machine")
    (state / "sources/redis-suite.sources").write_text("\n\n".join(stanzas) + "\n")
    apt = [
        "apt-get", "-q",
        "-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={state}/sources",
        "-o", f"Dir::State={state}/state", "-o", "Dir::State::Status=/var/lib/dpkg/status",
        "-o", f"Dir::Cache={state}/cache",
        # Else apt drops to a user that cannot write here.
        "-o", "APT::Sandbox::User=root",
        "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20",
    ]
    # A mirror without sources is no failure yet: another one may have them.
    _run([*apt, "update"], target, must_work=False)
    _run([*apt, "source", "--download-only", "redis"], target)


def _unpack(download: Path, root: Path) -> None:
    descriptions = list(download.glob(f"redis_{VERSION}*.dsc"))
    if not descriptions:
        found = ", ".join(p.name for p in download.glob("*.dsc")) or "nothing"
        raise Unavailable(f"the mirrors offer {found} instead of redis {VERSION}")
    unfinished = root.with_suffix(".unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)
    # apt has verified the files; with Debian's patches the suite matches the machine's redis-server.
    _run(["dpkg-source", "--no-check", "--no-copy", "-x", str(descriptions[0]), str(unfinished)], download)
    unfinished.rename(root)


def _run(command: list[str], folder: Path, must_work: bool = True) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error
    if must_work and done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise Unavailable(f"{os.path.basename(command[0])}: {lines[-1]}")


def _codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    return ""


def source_stanzas(apt: Path, codename: str) -> list[str]:
    """The distribution's own entries in the machine's apt sources, as deb822 stanzas of type deb-src."""
    stanzas = []
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if file.suffix == ".list" and file.exists():
            entries = map(_one_line_fields, file.read_text().splitlines())
        elif file.suffix == ".sources":
            entries = map(_stanza_fields, re.split(r"\n\s*\n", file.read_text()))
        else:
            continue
        stanzas += [_render(fields, codename) for fields in entries if fields]
    return list(dict.fromkeys(filter(None, stanzas)))


def _one_line_fields(line: str) -> dict[str, str] | None:
    match = re.match(r"\s*deb(?:-src)?\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
    if not match:
        return None
    options, uri, suite, components = match.groups()
    fields = {"URIs": uri, "Suites": suite, "Components": " ".join(components.split())}
    for option in (options or "").split():
        name, _, value = option.partition("=")
        if name.lower() in ("signed-by", "trusted"):
            fields[name.title()] = value
    return fields


def _stanza_fields(stanza: str) -> dict[str, str] | None:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return None if fields.get("Enabled", "yes").lower() == "no" else fields


def _render(fields: dict[str, str], codename: str) -> str:
    suites = [s for s in fields.get("Suites", "").split() if _is_distribution(s, codename)]
    if not suites or "Components" not in fields:
        return ""
    kept = {k: v for k, v in fields.items() if k.lower() in ("uris", "components", "signed-by", "trusted")}
    kept |= {"Types": "deb-src", "Suites": " ".join(suites)}
    return "\n".join(f"{name}: {value}" for name, value in sorted(kept.items(), key=lambda kv: kv[0] != "Types"))


def _is_distribution(suite: str, codename: str) -> bool:
    base, *pocket = re.split(r"[-/]", suite, maxsplit=1)
    return base in GENERIC_SUITES | {codename} and pocket in ([], ["updates"], ["security"], ["lts"])
