"""Print Lighthouse's scores (mobile preset) of the built site, given the folder of node_modules.

Exits with 1 where performance is below 99, or accessibility, best practices or SEO below 100.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import uvicorn

DOCS = Path(__file__).resolve().parents[1] / "docs"
sys.path[:0] = [str(DOCS), str(DOCS.parent / "tests/site")]
import chromium  # noqa: E402
import serve  # noqa: E402

PAGES = ("index.html", "steps.html", "gallery/20_batches/plot_batch_noise.html", "gallery/index.html")
LEAST = {"performance": 99, "accessibility": 100, "best-practices": 100, "seo": 100}


def scores(lighthouse: Path, url: str) -> dict[str, int]:
    """Return the four scores of a page, 0 to 100."""
    flags = ["--quiet", "--output=json", f"--only-categories={','.join(LEAST)}"]
    chrome = " ".join(["--headless=new", *chromium.FLAGS])
    done = subprocess.run(
        [str(lighthouse), url, *flags, f"--chrome-flags={chrome}"],
        env={**os.environ, "CHROME_PATH": str(chromium.find())},
        capture_output=True,
        text=True,
        check=True,
    )
    categories = json.loads(done.stdout)["categories"]
    return {name: round(100 * categories[name]["score"]) for name in LEAST}


def main() -> int:
    server = uvicorn.Server(
        uvicorn.Config(serve.application(serve.SITE), host="127.0.0.1", port=0, log_level="error")
    )
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    lighthouse, poor = Path(sys.argv[1], "node_modules/.bin/lighthouse").resolve(), 0
    print(f"{'':45}" + "".join(f"{name:>16}" for name in LEAST))
    for page in PAGES:
        found = scores(lighthouse, address + page)
        poor += any(found[name] < least for name, least in LEAST.items())
        print(f"{page:45}" + "".join(f"{score:16}" for score in found.values()), flush=True)
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
