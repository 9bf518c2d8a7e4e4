"""The files of a class: in folders and archives of any depth, without unpacking to the disk."""

import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from network.data.text import bytes_of
from network.errors import InputError
from reports.words import printable
from studies.checking.hand_ins.formats import A_TABLE, FORMATS, most_bytes
from sweep.errors import SweepError

_MOST_FILES, _MOST_DEPTH = 5000, 4
_MOST_UNPACKED, _MOST_ARCHIVE = 1_000_000_000, 200_000_000
_RUN_FILE, _RUN_TABLE = "run.json", "table.md"
_UTF8 = 0x800  # the flag of a name in UTF-8


class HandIn(NamedTuple):
    """A file by its name in the class, and how its content is read."""

    name: str
    content: Callable[[], bytes]

    @classmethod
    def at(cls, path: Path, name: str | None = None) -> "HandIn":
        """Return the file at a path."""
        return cls(name or str(path), partial(bytes_of, path, A_TABLE, most_bytes(path.name)))


def is_class(path: Path) -> bool:
    """Return whether a path is a folder or an archive of hand-ins."""
    return path.is_dir() or path.suffix.lower() == ".zip"


def hand_ins_in(path: Path, but: Path) -> tuple[list[HandIn], dict[str, str]]:
    """Return the files of a class that may hold tables, and why others are skipped, by name.

    Left out is the folder `but`, where the answer is written, and what is hidden. Of a run
    directory only the table is taken. SweepError if there is no file with a table.
    """
    found, skipped = _Class(but), {}
    try:
        if path.is_dir():
            found.add_folder(path)
        else:
            with path.open("rb") as file:
                found.add_archive(file, "", 1)
    except OSError as error:
        raise SweepError(f"{path} can't be read ({error.strerror}).") from error
    except _NotRead as error:
        raise SweepError(f"{path} can't be read: {error}.") from error
    runs = {PurePosixPath(n).parent for n in found.names if PurePosixPath(n).name == _RUN_FILE}
    hand_ins = []
    for hand_in in found.hand_ins:
        name = PurePosixPath(hand_in.name)
        if name.suffix.lower() not in FORMATS:
            skipped[hand_in.name] = f"no table is read from {name.suffix or 'such'} files"
        elif name.name != _RUN_TABLE and name.parent in runs:
            skipped[hand_in.name] = f"of a run directory {_RUN_TABLE} is read"
        else:
            hand_ins.append(hand_in._replace(name=printable(hand_in.name)))
    if not hand_ins:
        raise SweepError(
            f"{path} has no file that ends in {', '.join(FORMATS)}; give a folder of tables."
        )
    reasons = found.skipped | skipped
    named = {printable(name): printable(reason) for name, reason in reasons.items()}
    return sorted(hand_ins, key=lambda each: each.name), named


class _NotRead(Exception):  # noqa: N818 - it is no error of ours
    """Why an archive is not read."""


class _Class:
    """Collects the files of folders and archives."""

    def __init__(self, but: Path) -> None:
        self.hand_ins: list[HandIn] = []
        self.skipped: dict[str, str] = {}
        self._but, self._left = but.resolve(), _MOST_UNPACKED

    @property
    def names(self) -> Iterator[str]:
        """The names of all files."""
        return (hand_in.name for hand_in in self.hand_ins)

    def _add(self, hand_in: HandIn) -> None:
        if len(self.hand_ins) + len(self.skipped) >= _MOST_FILES:
            raise _NotRead(f"it has more than {_MOST_FILES:,} files")
        self.hand_ins.append(hand_in)

    def add_folder(self, folder: Path) -> None:
        """Add what is in a folder, in the order of names; links are not followed."""
        for where, folders, files in os.walk(folder):
            kept = [name for name in folders if not _is_aside(name)]
            folders[:] = sorted(n for n in kept if Path(where, n).resolve() != self._but)
            for path in (Path(where, name) for name in sorted(files) if not _is_aside(name)):
                name = path.relative_to(folder).as_posix()
                if not stat.S_ISREG(path.lstat().st_mode):
                    self.skipped[name] = "a link, a pipe or a device"
                elif path.suffix.lower() == ".zip":
                    with path.open("rb") as file:
                        self._add_inner(file, name, 1)
                else:
                    self._add(HandIn.at(path, name))

    def _add_inner(self, file: IO[bytes], name: str, depth: int) -> None:
        """Add what is in an archive among other files, or say why it can't be read."""
        try:
            self.add_archive(file, f"{name}/", depth)
        except _NotRead as error:
            self.skipped[name] = str(error)

    def add_archive(self, file: IO[bytes], before: str, depth: int) -> None:
        """Add what is in an archive; _NotRead if it is none, or too much."""
        if depth > _MOST_DEPTH:
            raise _NotRead(f"archives in archives more than {_MOST_DEPTH} deep")
        if file.seek(0, os.SEEK_END) > _MOST_ARCHIVE:
            raise _NotRead(f"an archive of more than {_MOST_ARCHIVE:,} bytes")
        try:
            file.seek(0)
            archive = zipfile.ZipFile(io.BytesIO(file.read()))
            members = archive.infolist()
        except Exception as error:  # whatever a broken archive makes the reader raise
            raise _NotRead("no archive that can be read") from error
        if sum(member.file_size for member in members) > self._left:
            raise _NotRead(f"it unpacks to more than {_MOST_UNPACKED:,} bytes")
        self._left -= sum(member.file_size for member in members)
        for member in members:
            inner = PurePosixPath(
                _name(member).replace("\\", "/")
            )  # some Windows programs write it
            name = f"{before}{inner}"
            if member.is_dir() or any(map(_is_aside, inner.parts)):
                continue
            if stat.S_ISLNK(member.external_attr >> 16):
                self.skipped[name] = "a link"
            elif inner.suffix.lower() == ".zip":
                try:
                    unpacked = _unpacked(archive, member, name, _MOST_ARCHIVE)
                except InputError as error:
                    self.skipped[name] = str(error)
                else:
                    self._add_inner(io.BytesIO(unpacked), name, depth + 1)
            else:
                most = most_bytes(inner.name)
                read = partial(_unpacked, archive, member, name, most)
                self._add(HandIn(name, read))


def _is_aside(name: str) -> bool:
    """Return whether a name is that of a hidden file, or of one that a program made for itself."""
    return name.startswith((".", "~$")) or name == "__MACOSX"


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; without a mark for UTF-8, Windows writes it in its own encoding."""
    if member.flag_bits & _UTF8:
        return member.filename
    raw = member.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, most: int) -> bytes:
    """Unpack a file of an archive; InputError if it is too large, damaged or has a password."""
    try:
        with archive.open(member) as file:
            unpacked = file.read(most + 1)
    except Exception as error:  # whatever a broken archive makes the reader raise
        words = "it has a password" if "password" in str(error) else "the archive is damaged"
        raise InputError(f"{name} can't be read: {words}.") from error
    if len(unpacked) > most:
        raise InputError(f"{name} has more than {most:,} bytes; give {A_TABLE}.")
    return unpacked
