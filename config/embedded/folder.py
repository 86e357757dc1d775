"""The embedded deployment's own folder: its secrets and the path of its Valkey socket.

Nothing here imports Django, since the settings are built from it.
"""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

# sockaddr_un holds 108 bytes on Linux and 104 on macOS.
MAX_SOCKET_PATH_BYTES = 100


def read_or_create_secret(folder: Path, name: str) -> str:
    """Return the secret kept in `folder/name`, made on first use, readable by its owner only.

    Two processes that start at once agree: the file is linked into place whole, and the loser reads the winner's.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its secret is read below
        finally:
            draft.unlink()
    return path.read_text().strip()


def socket_path(var: Path) -> Path:
    """Return where the Valkey of this `var` folder listens: below it, or in a short temporary folder when it lies deep.

    The folder holding it must be 0700 (the launcher sees to that): Valkey on a unix socket asks for no password.
    """
    inside = var / "run" / "valkey.sock"
    if len(os.fsencode(inside)) <= MAX_SOCKET_PATH_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"events-{os.getuid()}-{digest}" / "valkey.sock"
