"""How soon `fairlead serve` is ready, on a new folder and on one that is there, and what it weighs when idle.

    python benchmarks/starting.py [--scale 0.1]

Each figure is the median of five starts (three below a scale of 1), from the command to its line, which comes when
/readyz answers 200. Memory is what the Python process keeps resident (VmRSS) after a first request and a pause.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("fairlead")
NEW_SECONDS = 5.0
EXISTING_SECONDS = 2.0
IDLE_MB = 120.0
IDLE_AFTER_SECONDS = 2.0


class Start:
    """A server that was started, looked at and ended."""

    def __init__(self, data: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
        began = time.perf_counter()
        with subprocess.Popen(
            [PROGRAM, "serve", "--json", "--port", "0", "--data", data],
            cwd=data.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            self.seconds = time.perf_counter() - began
            with urllib.request.urlopen(json.loads(line)["base_url"] + "/readyz") as answer:
                assert answer.status == 200
            time.sleep(IDLE_AFTER_SECONDS)
            self.mb = resident_mb(process.pid)
            process.terminate()


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no VmRSS")


def start_new(times: int) -> list[Start]:
    starts = []
    for _ in range(times):
        folder = Path(tempfile.mkdtemp(prefix="fairlead-bench-", dir="/tmp"))
        folder.chmod(0o755)  # the database may run as a user of its own
        starts.append(Start(folder / "data"))
        shutil.rmtree(folder, ignore_errors=True)
    return starts


def start_existing(times: int) -> list[Start]:
    folder = Path(tempfile.mkdtemp(prefix="fairlead-bench-", dir="/tmp"))
    folder.chmod(0o755)
    Start(folder / "data")
    starts = [Start(folder / "data") for _ in range(times)]
    shutil.rmtree(folder, ignore_errors=True)
    return starts


def report(name: str, values: list[float], limit: float, unit: str) -> bool:
    middle = statistics.median(values)
    share = f"{middle / limit:.2f} of the {limit:g} {unit} allowed ({max(values):.2f} at most)"
    print(f"  {name:<24} {middle:>7.2f} {unit}   {share}")
    return middle <= limit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    times = 5 if parser.parse_args().scale >= 1 else 3
    new, existing = start_new(times), start_existing(times)
    print(f"starting: fairlead serve until it is ready, median of {times}")
    kept = [
        report("a new folder", [start.seconds for start in new], NEW_SECONDS, "s"),
        report("a folder that is there", [start.seconds for start in existing], EXISTING_SECONDS, "s"),
        report("memory when idle", [start.mb for start in existing], IDLE_MB, "MB"),
    ]
    return not all(kept)


if __name__ == "__main__":
    sys.exit(main())
