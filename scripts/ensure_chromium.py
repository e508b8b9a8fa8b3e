"""Print the path of a Chromium for the browser tests; fetch one if there is none.

Looked for in this order: $LMS_CHROMIUM, the usual names on the path, playwright's own download. If there is
none: apt on Debian (as root), else playwright's installer. If all of that fails: one sentence, exit code 1.
Browser tests are never skipped silently.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of an installed browser, or None."""
    if named := os.environ.get("LMS_CHROMIUM"):
        # A wrong name is an error of the caller's: using another browser instead would hide it.
        return shutil.which(named) or stop(f"LMS_CHROMIUM names no program that can be run: {named}")
    return next((path for name in NAMES if (path := shutil.which(name))), None) or playwright_chromium()


def playwright_chromium() -> str | None:
    """Return the path of the browser that playwright downloaded, or None."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def install_chromium() -> None:
    """Try to install a browser; say nothing on standard output, which is for the path."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium found: installing it with apt-get (about 80 MB).", file=sys.stderr)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        update = ["apt-get", "-q", "update"]
        install = ["apt-get", "-q", "install", "-y", "--no-install-recommends", "chromium"]
        if all(run(command, environment) for command in (update, install)):
            return
    print("No Chromium found: fetching the one of playwright.", file=sys.stderr)
    run([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def run(command: list[str], environment: dict[str, str]) -> bool:
    """Run the command with its output on standard error; return whether it succeeded."""
    return subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode == 0


def stop(sentence: str) -> NoReturn:
    """Say why on standard error and end with exit code 1."""
    print(f"ensure_chromium: {sentence}", file=sys.stderr)
    sys.exit(1)


def main() -> None:
    """Find a browser, install one if need be, print its path."""
    path = find_chromium()
    if path is None:
        install_chromium()
        path = find_chromium()
    if path is None:
        stop("no Chromium is here and none could be installed; install one, or name it in LMS_CHROMIUM.")
    print(path)


if __name__ == "__main__":
    main()
