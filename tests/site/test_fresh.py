"""What a build depends on: each of it, when it changes, makes another stamp."""

import fcntl
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import fresh
import pytest
from small import SmallSite, start


@dataclass
class Package:
    name: str
    version: str


def test_a_version_an_address_or_a_file_makes_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    packages = [Package("numpy", "2.4.6"), Package("matplotlib", "3.11.2")]
    monkeypatch.setattr(fresh, "distributions", lambda: packages)
    for name in ("SITE_URL", "REPOSITORY_URL"):
        monkeypatch.delenv(name, raising=False)
    seen = [fresh.digest_of(tmp_path, [file])]
    assert fresh.digest_of(tmp_path, [file]) == seen[0]

    packages[0] = Package("numpy", "2.5.0")
    seen.append(fresh.digest_of(tmp_path, [file]))
    for name in ("SITE_URL", "REPOSITORY_URL"):
        monkeypatch.setenv(name, "https://site.invalid/")
        seen.append(fresh.digest_of(tmp_path, [file]))
    monkeypatch.setattr(sys, "version", "3.99")
    seen.append(fresh.digest_of(tmp_path, [file]))
    file.write_text("2")
    seen.append(fresh.digest_of(tmp_path, [file]))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("name", ["pyproject.toml", "README.md", "LICENSE", "docs/conf.py", "docs/one.md"])
def test_whatever_the_site_is_made_of_is_in_its_stamp(small_site: SmallSite, name: str) -> None:
    before = fresh.stamp_of_site(small_site.top / "docs")
    with (small_site.top / name).open("a") as file:
        file.write("\n")
    assert fresh.stamp_of_site(small_site.top / "docs") != before


def test_a_build_waits_for_the_workers_of_another(small_site: SmallSite) -> None:
    with open(small_site.top / "docs/gallery.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        builder = start(small_site.top)
        time.sleep(6)
        assert builder.poll() is None
        assert not (small_site.top / "docs/gallery").exists()
    assert builder.wait(60) == 0
    assert small_site.html.exists()
