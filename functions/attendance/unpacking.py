"""From a file as it was sent to the plain files in it: gzip unpacked, ZIP opened, nothing unbounded, nothing by its own path."""

import gzip
import hashlib
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from attendance.findings import Finding, RefusedError, refused

MOST_BYTES: Final = 256 * 1024 * 1024
"""A file may have so many bytes unpacked."""
LONGEST_NAME: Final = 150
"""A file's name may have so many characters: S3 keeps 2 KB of what is said of an object, and one of them may take twelve bytes."""
_MOST_IN_ARCHIVE: Final = 4 * MOST_BYTES
_MOST_MEMBERS: Final = 1000
_CHUNK: Final = 1 << 20

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_ARCHIVES: Final = (b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_OFFICE_MEMBERS: Final = frozenset({"[Content_Types].xml", "mimetype"})
_DISAGREES: Final = "its list of contents does not agree with the files in it"
_DAMAGED: Final = (zipfile.BadZipFile, EOFError, ValueError, OverflowError, struct.error, zlib.error, lzma.LZMAError)
"""What zipfile raises of an archive that is damaged."""
_SYMLINK: Final = 0o120000
_ENCRYPTED: Final = 0x1
_WORKBOOK: Final = "This is a spreadsheet or document, not a text file."


@dataclass(frozen=True)
class Member:
    """A plain file to be read, or why it cannot be.

    `upload` is the SHA-256 (hex) of its plain bytes, of the bytes as sent if these cannot be had.
    """

    name: str
    upload: str
    path: Path
    refusal: Finding | None = None


def members(path: Path, name: str) -> Iterator[Member]:
    """The plain files in a file: one, or those of a ZIP in the order of their names.

    What was unpacked is gone when the next is asked for. `name` is only shown; what the file is, its first bytes say.
    """
    try:
        start = _start(path)
        if start.startswith(_ZIP):
            with tempfile.TemporaryDirectory() as folder:
                yield from _of_archive(path, name, Path(folder))
            return
        if start.startswith(_GZIP):
            with tempfile.TemporaryDirectory() as folder:
                plain = Path(folder, "plain")
                with gzip.open(path) as packed:
                    upload = _unpack(packed, plain)
                if _start(plain).startswith((_GZIP, *_ZIP, *_OTHER_ARCHIVES)):
                    raise refused("ARCHIVE_UNSAFE", "it holds another archive")
                yield Member(name, upload, plain)
            return
        if path.stat().st_size > MOST_BYTES:
            raise _too_large()
        yield Member(name, _sha256(path), path)
    except RefusedError as refusal:
        yield Member(name, _sha256(path), path, refusal.finding)


def _of_archive(path: Path, name: str, folder: Path) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED:
        raise refused("FILE_TRUNCATED", "the ZIP has no list of its contents at its end") from None
    except NotImplementedError:
        raise refused("FILE_UNREADABLE", "The ZIP is of a kind that cannot be opened.") from None
    with archive:
        if _OFFICE_MEMBERS & set(archive.namelist()):
            raise refused("FILE_UNREADABLE", _WORKBOOK)
        wanted = _safe(archive)
        if not wanted:
            raise refused("FILE_EMPTY")
        for info in wanted:
            yield from _of_member(archive, info, f"{name}/{info.filename}", folder)


def _of_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, folder: Path) -> Iterator[Member]:
    plain = folder / "plain"
    try:
        if info.file_size > MOST_BYTES:
            raise _too_large()
        with archive.open(info) as member:
            packed = member.read(len(_GZIP)) == _GZIP
            member.seek(0)
            if packed:
                with gzip.open(member) as unpacked:
                    upload = _unpack(unpacked, plain)
            else:
                upload = _unpack(member, plain)
    except RefusedError as refusal:
        yield Member(name, hashlib.sha256(name.encode()).hexdigest(), plain, refusal.finding)
    except (NotImplementedError, RuntimeError, *_DAMAGED):
        finding = refused("FILE_UNREADABLE", "The file is packed in a way that cannot be unpacked.").finding
        yield Member(name, hashlib.sha256(name.encode()).hexdigest(), plain, finding)
    else:
        yield Member(name, upload, plain)
    plain.unlink(missing_ok=True)


def _safe(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in the archive, by name; RefusedError if any of it is unsafe.

    The declared sizes can be trusted to bound: zipfile yields no more of a member than it declares.
    """
    infos = archive.infolist()
    wanted = sorted((each for each in infos if not _is_furniture(each)), key=lambda each: each.filename)
    if len(infos) > _MOST_MEMBERS:
        raise refused("ARCHIVE_UNSAFE", f"it holds more than {_MOST_MEMBERS} files")
    if len({each.filename for each in wanted}) < len(wanted):
        raise refused("ARCHIVE_UNSAFE", "two files in it have the same name")
    if sum(each.file_size for each in infos) > _MOST_IN_ARCHIVE:
        raise refused("ARCHIVE_UNSAFE", f"it would unpack to more than {_MOST_IN_ARCHIVE // 1024**2} MB")
    for each in infos:
        if problem := _unsafe(archive, each):
            raise refused("ARCHIVE_UNSAFE", problem)
    return wanted


def _is_furniture(info: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS and Windows put beside the files."""
    path = PurePosixPath(info.filename)
    return info.is_dir() or path.parts[:1] == ("__MACOSX",) or path.name in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _unsafe(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str | None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ":" in name or ".." in name.split("/") or not name.isprintable():
        return "a file in it has a name that points outside"
    if (info.external_attr >> 16) & 0o170000 == _SYMLINK:
        return "it holds a symbolic link"
    if info.flag_bits & _ENCRYPTED:
        return "a file in it is encrypted"
    if info.header_offset < 0:
        return _DISAGREES
    try:
        with archive.open(info) as member:
            start = member.read(8)
            nested = start.startswith((*_ZIP, *_OTHER_ARCHIVES))
            if start.startswith(_GZIP):
                member.seek(0)
                with gzip.open(member) as unpacked:
                    nested = unpacked.read(8).startswith((_GZIP, *_ZIP, *_OTHER_ARCHIVES))
    except zipfile.BadZipFile:
        return _DISAGREES
    except (OSError, NotImplementedError, RuntimeError, *_DAMAGED):
        return None  # damaged or packed in an unknown way: said of this member when its turn comes
    return "it holds another archive" if nested else None


def _unpack(packed: IO[bytes] | gzip.GzipFile, plain: Path) -> str:
    """Write the plain bytes, at most MOST_BYTES of them, and give their SHA-256."""
    digest, size = hashlib.sha256(), 0
    try:
        with plain.open("wb") as out:
            while chunk := packed.read(_CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise _too_large()
                digest.update(chunk)
                out.write(chunk)
    except EOFError:
        raise refused("FILE_TRUNCATED", "the compressed data break off") from None
    except (gzip.BadGzipFile, zlib.error, zipfile.BadZipFile):
        raise refused("FILE_UNREADABLE", "The compressed data are damaged.") from None
    return digest.hexdigest()


def _too_large() -> RefusedError:
    return refused("FILE_TOO_LARGE", f"{MOST_BYTES // 1024**2} MB")


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
