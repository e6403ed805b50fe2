"""Where a Chromium is to be had: the system's, Playwright's own, or Debian's."""

import os
import shutil
import subprocess

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VARIABLE = "UNSTEADY_CHROMIUM"


def installed() -> str | None:
    """Return the path of the system's Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwrights_own() -> str | None:
    """Return the path of the Chromium that Playwright has downloaded, if it has."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def debians() -> str | None:
    """Install Debian's Chromium, where this is Debian and we are root, and return its path."""
    if os.geteuid() or not shutil.which("apt-get"):
        return None
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]):
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            return None
    return installed()


def find() -> str | None:
    """Return the path of a Chromium, or None where none can be had."""
    return os.environ.get(VARIABLE) or installed() or playwrights_own() or debians()
