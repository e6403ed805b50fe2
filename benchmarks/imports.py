"""What does ``import unsteady`` cost, beside a bare Python? Also what the log and diagnosis modules cost.

Run it as ``python benchmarks/imports.py``. Fresh interpreters take turns, so that other work on the machine
slows all of them; the median of each is printed. Exits with 1 where ``import unsteady`` costs 50 ms or more.
"""

import subprocess
import sys
import time
from statistics import median

ROUNDS = 40
LIMIT = 0.050  # seconds
STATEMENTS = (
    "pass",
    "import unsteady",
    "from unsteady import read_log, diagnose, claim",
    "import unsteady.cli",
    "import numpy",
    "from unsteady import train",
)


def seconds(statement: str) -> float:
    """Return how long a fresh interpreter takes to run a statement."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - begun


def loaded(statement: str) -> set[str]:
    """Return the modules that a statement loads in a fresh interpreter."""
    script = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", script], text=True).split())


def main() -> int:
    rounds = [[seconds(statement) for statement in STATEMENTS] for _ in range(ROUNDS)]
    bare, *others = (median(column) for column in zip(*rounds, strict=True))
    print(f"bare Python: {1000 * bare:.1f} ms, the median of {ROUNDS} fresh interpreters. Beyond that:\n")
    for statement, took in zip(STATEMENTS[1:], others, strict=True):
        new = loaded(statement) - loaded("pass")
        ours = sorted(name for name in new if name.partition(".")[0] == "unsteady")
        print(f"{1000 * (took - bare):7.1f} ms  {statement}  ({len(new)} modules)")
        if ours:
            print(f"{'':12}{' '.join(ours)}")
    return 1 if others[0] - bare >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
