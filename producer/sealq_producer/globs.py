"""Which files below a folder or S3 prefix the user wants: `--include` and `--exclude`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Globs:
    """Patterns like `*.pdf` (a name, at any depth) or `2024/**` (a path from the folder's top).

    `*` and `?` stay within a name, `**` stands for any number of folders. Letter case counts.
    Paths are relative to the folder, their parts separated by slashes.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def includes(self, path: str) -> bool:
        """Say whether a file is wanted; without patterns every file is."""
        return not self.include or _matches_any(path.split("/"), self.include)

    def excludes(self, path: str) -> bool:
        """Say whether a file or folder, or a folder that it lies in, is unwanted."""
        if not self.exclude:
            return False
        parts = path.split("/")
        return any(_matches_any(parts[:end], self.exclude) for end in range(1, len(parts) + 1))


def _matches_any(parts: Sequence[str], globs: Sequence[str]) -> bool:
    return any(_matches(parts, glob) for glob in globs)


def _matches(parts: Sequence[str], glob: str) -> bool:
    pattern = [part for part in glob.split("/") if part not in {"", "."}]
    return _parts_match(parts[-1:] if len(pattern) == 1 else parts, pattern)


def _parts_match(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    head, rest = pattern[0], pattern[1:]
    if head == "**":
        return any(_parts_match(parts[start:], rest) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], head) and _parts_match(parts[1:], rest)
