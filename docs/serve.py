"""Serve the built site on this machine as the web would: ``python docs/serve.py [port]``."""

import re
import sys
from html import unescape
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SITE = Path(__file__).resolve().parent / "_build" / "html"


def policy_of(site: Path) -> str:
    """Return the Content-Security-Policy that stands in the pages."""
    [policy] = re.findall(
        r'http-equiv="Content-Security-Policy" content="([^"]*)"', (site / "index.html").read_text("utf-8")
    )
    return unescape(policy)


class Pages(StaticFiles):
    """The files of a site; with a page goes its policy."""

    def __init__(self, site: Path) -> None:
        super().__init__(directory=site, html=True)
        self.policy = policy_of(site)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.headers.get("content-type", "").startswith("text/html"):
            response.headers["Content-Security-Policy"] = self.policy
        return response


def application(site: Path) -> Starlette:
    return Starlette(routes=[Mount("/", Pages(site))], middleware=[Middleware(GZipMiddleware)])


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    print(f"http://127.0.0.1:{port}/ (stop with Ctrl-C)", flush=True)
    uvicorn.run(application(SITE), host="127.0.0.1", port=port, log_level="warning")
