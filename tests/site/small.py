"""A site of one page and one example, to break."""

import os
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

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


def start(top: Path) -> subprocess.Popen[bytes]:
    """Start to build the site of a tree, in a group of processes of its own."""
    return subprocess.Popen(
        [sys.executable, str(top / "docs" / "build.py")],
        cwd=top,
        env={**os.environ, "PYTHONPATH": str(top / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def tree(site: Path) -> dict[str, str]:
    """Return a digest of each published file."""
    files = (file for file in sorted(site.rglob("*")) if file.is_file())
    return {str(file.relative_to(site)): sha256(file.read_bytes()).hexdigest() for file in files}


def build(top: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the site of a tree, as ``make site`` does."""
    return subprocess.run(
        [sys.executable, str(top / "docs" / "build.py")],
        cwd=top,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(top / "src"), **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


@dataclass
class SmallSite:
    """A tree like this one, with one page and one example."""

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

    def change(self, file: Path, old: str, new: str) -> None:
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return build(self.top, **environment)
