"""The embedded deployment's own folder: its secrets and the path of its Valkey socket.

This module must not import Django, because the settings import it.
"""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

# sockaddr_un holds 108 bytes on Linux and 104 on macOS.
MAX_SOCKET_PATH_BYTES = 100


def read_or_create_secret(folder: Path, name: str) -> str:
    """Return the secret in the file `folder/name`. It is created on first use, readable by its owner only.

    Two processes that start at once get the same secret, because the complete file is linked to its name: the second
    link fails, and that process reads the first one's file.
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
    """Return the path of the Valkey socket of this `var` folder: below it, or in a temporary folder if it is too long.

    The socket's folder must have the mode 0700, which the launcher sets, because Valkey asks for no password on a unix
    socket.
    """
    inside = var / "run" / "valkey.sock"
    if len(os.fsencode(inside)) <= MAX_SOCKET_PATH_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"events-{os.getuid()}-{digest}" / "valkey.sock"
