"""The committed list of what libsys exports: one NAME@VERSION.FINGERPRINT a line, sorted. Lines
are only ever added within a major version."""

from .fingerprint import import_name
from .types import TableError


def current(tables):
    return sorted(import_name(routine, tables) for routine in tables.routines)


def read(path):
    if not path.exists():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line]


def check(tables, path):
    """Fails when a line of the list is no longer exported, or something exported is not listed."""
    listed, exported = read(path), current(tables)
    refuse_lost(listed, exported, path)
    added = sorted(set(exported) - set(listed))
    if added:
        raise TableError(f"{path}: not listed: {', '.join(added)}; run generate.py --update-list")


def update(tables, path):
    exported = current(tables)
    refuse_lost(read(path), exported, path)
    path.write_text("\n".join(exported) + "\n", encoding="utf-8")


def refuse_lost(listed, exported, path):
    by_name = {}
    for line in exported:
        by_name.setdefault(line.rpartition(".")[0], line)
    lost = []
    for line in sorted(set(listed) - set(exported)):
        now = by_name.get(line.rpartition(".")[0])
        lost.append(f"{line} ({f'now {now}' if now else 'no longer exported'})")
    if lost:
        raise TableError(
            f"{path}: released interface changed: {', '.join(lost)}. Objects in the field need it: "
            "restore it, and give the new meaning a new version")
