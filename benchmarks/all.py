"""Runs every benchmark, or the ones named, and shows their figures in one table.

    python benchmarks/all.py [--scale 0.1] [NAME...]

Each benchmark is a program that takes --scale, prints its figures and exits with 1 when one misses its limit.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem != "all" and not path.stem.startswith("_"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="0.1", help="1 is the stated size of each")
    parser.add_argument("only", nargs="*", choices=[*names(), []], metavar="NAME", help=", ".join(names()))
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, scale {options.scale}")
    missed = []
    for name in options.only or names():
        started = time.monotonic()
        print(f"\n== {name}", flush=True)
        run = subprocess.run([sys.executable, HERE / f"{name}.py", "--scale", options.scale], check=False)
        print(f"   ({time.monotonic() - started:.0f} s)", flush=True)
        if run.returncode:
            missed.append(name)
    print(f"\nMissed a limit: {', '.join(missed)}" if missed else "\nEvery figure keeps its limit.")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
