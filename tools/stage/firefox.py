"""Find the system's Firefox."""

import shutil


def firefox_path() -> str:
    """Return the path of Firefox.

    Raises:
        RuntimeError: it is not installed.
    """
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        raise RuntimeError("Firefox is needed. Install it, for example with: apt install firefox-esr")
    return path
