"""A site of few pages and examples, to break."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]
SCRIPT = '''r"""
Is it so?
=========

It is, as :math:`\\lambda` says.
"""

import matplotlib.pyplot as plt

from unsteady import claim

# %%
fig, ax = plt.subplots()
ax.plot([0, 1])
fig.set_label("A line that rises from 0 to 1, alone in its picture.")

# %%
# And see:
claim("it-is-so", "one is one", measured=1.25, equals=1.25)
'''

PAGE = """# A small site

It measured {claim}`it-is-so:.1f`.

```{example-figure} plot_small 1
A caption.
```

```{ledger}
```

```{toctree}
gallery/index
one
two
wheels/index
```
"""


def command_and_settings(top: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return how the site of a tree is built, as ``make site`` does."""
    return {
        "args": [sys.executable, str(top / "docs/build.py")],
        "cwd": top,
        "env": {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(top / "src"), **environment},
        "text": True,
    }


def build(top: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the site of a tree."""
    return subprocess.run(**command_and_settings(top, environment), capture_output=True)


def start(top: Path, **environment: str) -> subprocess.Popen[str]:
    """Start to build the site of a tree, in a group of processes of its own; its output can be read."""
    settings = command_and_settings(top, environment)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(**settings, **pipes, start_new_session=True)


def tree(site: Path) -> dict[str, str]:
    """Return a digest of each published file."""
    files = (file for file in sorted(site.rglob("*")) if file.is_file())
    return {str(file.relative_to(site)): sha256(file.read_bytes()).hexdigest() for file in files}


def examples_run(output: str) -> list[str]:
    """Return the examples that a build has run, by the lines that it has printed of them."""
    lines = re.findall(r"(?m)^(\d+) of (\d+) (plot_\w+) \d+\.\d s$", output)
    assert [(int(number), int(total)) for number, total, _ in lines] == [
        (number, len(lines)) for number in range(1, len(lines) + 1)
    ]
    return sorted(name for _, _, name in lines)


@dataclass
class SmallSite:
    """A tree like this one, with few pages and one example."""

    top: Path

    @property
    def html(self) -> Path:
        return self.top / "docs/_build/html"

    @property
    def script(self) -> Path:
        return self.top / "examples/10_small/plot_small.py"

    @property
    def page(self) -> Path:
        return self.top / "docs/index.md"

    def add(self, name: str, first: str = "") -> Path:
        """Add an example like the first one, with a claim of its own, and with code at its beginning."""
        text = SCRIPT.replace("it-is-so", f"so-is-{name}").replace(
            "import matplot", f"{first}\nimport matplot"
        )
        script = self.script.with_name(f"plot_{name}.py")
        script.write_text(text, "utf-8")
        return script

    def change(self, file: Path, old: str, new: str) -> None:
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return build(self.top, **environment)
