"""Writing a file so that a reader, or a run that is killed, sees all of it or none."""

import os


def write(path, text):
    """Writes `text` (UTF-8) to `path` by way of a neighbour and a rename. Raises OSError;
    what was at `path` is then still there."""
    neighbour = f"{path}.partial"
    try:
        with open(neighbour, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(neighbour, path)
    except OSError:
        remove(neighbour)
        raise


def link(path, target):
    """Makes `path` a symbolic link to `target`, in place of the link that was there."""
    neighbour = f"{path}.partial"
    remove(neighbour)
    os.symlink(target, neighbour)
    os.replace(neighbour, path)


def remove(path):
    """Removes `path` if it is there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
