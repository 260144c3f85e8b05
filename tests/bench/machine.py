"""The machine and the versions that figures were measured with."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .memory import GB, KB, ROOT

PACKAGES = ("highspy", "highspy-extras", "pyomo", "pypsa", "linopy", "numpy", "scipy", "pandas", "distributed")


def describe() -> dict[str, str]:
    """What a reader needs to judge a time: processor, cores, memory, load, versions, date and commit."""
    found = {
        "date": f"{dt.date.today():%Y-%m-%d}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{_memory_gb():.0f} GB",
        "load average at the start": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"commit": _commit()}


def _processor() -> str:
    names = re.findall(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), flags=re.MULTILINE)
    return names[0] if names else platform.processor() or platform.machine()


def _memory_gb() -> float:
    total = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), flags=re.MULTILINE)
    return int(total.group(1)) * KB / GB if total else float("nan")


def _read(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "none"
