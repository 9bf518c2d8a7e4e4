"""Files that somebody would make to do harm: forged, or small ones that unpack to gigabytes."""

import ctypes
import io
import os
import sqlite3
import struct
import zipfile
import zlib
from contextlib import closing

import numpy as np
from numpy.lib import format as npy

from sweep.store.schema import COLUMNS, CONTENT, checksum

CHUNK = 2**24


def header(shape, kind="<f8"):
    """Return the header of an array, whatever follows it."""
    buffer = io.BytesIO()
    npy.write_array_header_1_0(buffer, {"descr": kind, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def deflated(beginning, n_chunks):
    """Deflate a beginning and many chunks of zeros, packing only one of these."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(beginning) + packer.flush(zlib.Z_FULL_FLUSH)
    chunk = packer.compress(bytes(CHUNK)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + n_chunks * chunk + packer.flush()


def archive(members, method=zipfile.ZIP_DEFLATED):
    """Return a ZIP file of members (name, packed content, size that it is said to have)."""
    body, directory = bytearray(), bytearray()
    for name, packed, size in members:
        common = struct.pack(
            "<HHHHHLLLHH", 20, 0, method, 0, 33, zlib.crc32(packed), len(packed), size, len(name), 0
        )
        directory += b"PK\1\2\x14\0" + common + struct.pack("<HHHLL", 0, 0, 0, 0, len(body))
        directory += name.encode()
        body += b"PK\3\4" + common + name.encode() + packed
    counts = struct.pack("<HHHHLLH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory) + b"PK\5\6" + counts


def bomb(names, gigabytes=3):
    """Return an .npz of a few megabytes that unpacks to gigabytes of zeros, as it says itself."""
    n_chunks = gigabytes * 2**30 // CHUNK
    beginning = header((n_chunks * CHUNK // 8, 1))
    packed = deflated(beginning, n_chunks)
    size = len(beginning) + n_chunks * CHUNK
    return archive([(f"{name}.npy", packed, size) for name in names])


def liars(names):
    """Return .npz files, by a word for each, that say something else than they hold."""
    small = header((5, 1)) + np.ones(5).tobytes()
    endless = header((10**13, 1)) + np.ones(5).tobytes()
    long_header = b"\x93NUMPY\2\0" + struct.pack("<L", 2**32 - 1)

    def stored(content, size=None):
        members = [(f"{name}.npy", content, size or len(content)) for name in names]
        return archive(members, zipfile.ZIP_STORED)

    small_in_zip = io.BytesIO()
    with zipfile.ZipFile(small_in_zip, "w", zipfile.ZIP_LZMA) as packed:
        for name in names:
            packed.writestr(f"{name}.npy", small)
    many = archive([(f"{n:06d}.npy", b"", 0) for n in range(40_000)], zipfile.ZIP_STORED)
    return {
        "more numbers than are there": stored(endless),
        "a size that is not there": stored(small, 2**31),
        "objects": stored(header((5, 1), "|O") + b"cos\nsystem\n."),
        "a header of four gigabytes": stored(long_header + bytes(1000)),
        "a shape below zero": stored(header((-5, -1)) + np.ones(5).tobytes()),
        "numbers without bytes": stored(header((10**12, 1), "|V0")),
        "another compression": small_in_zip.getvalue(),
        "a directory that is all of it": many,
        "an encrypted array": stored(small).replace(b"\x14\0\0\0", b"\x14\0\1\0"),
    }


def pdf(body, n_times):
    """Return a PDF of a page on which something is drawn many times, packed."""
    packed = zlib.compress(b"BT /F 12 Tf 9 9 Td " + body * n_times + b" ET", 9)
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
    ]
    body = b"".join(b"%d 0 obj %s endobj\n" % (i, part) for i, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer <</Size 5/Root 1 0 R>>\n%%EOF"


COSTLY = {
    "spaces.pdf": lambda: pdf(b" ", 10**9),
    "signs.pdf": lambda: pdf(b"(5) Tj ", 2_000_000),
    "lines.pdf": lambda: pdf(b"0 0 m 9 800 l S ", 300_000),
    "headers.html": lambda: (b"<table>" + b"<tr><td>2<td>0.1" * 1000) * 33,
    "cells.html": lambda: (b"<table>" + b"<tr><td>2<td colspan=49>0.1" * 1000) * 4,
    "exponents.tex": lambda: b"^{" * 240_000,
    "brackets.tex": lambda: b"\\begin{tabular}[" + b"x{" * 240_000 + b"\\end{tabular}",
    "outputs.ipynb": lambda: (
        b'{"cells": [{"cell_type": "code", "outputs": [%s{}]}]}'
        % (b'{"text": "2 0.1 5400\\n5 0.3"},' * 4990)
    ),
}
"""Hand-ins that cost much: those that are just allowed, and bombs."""


def forge(store, column, value):
    """Change a value in a row, and compute its checksum anew."""
    with closing(sqlite3.connect(store)) as database, database:
        row = database.execute(f"SELECT {', '.join(COLUMNS)} FROM trials").fetchone()  # noqa: S608
        content = dict(zip(CONTENT, row[:-1], strict=True))
        content[column] = value(content[column]) if callable(value) else value
        changed = [content[column], checksum(list(content.values())), content["key"]]
        query = f"UPDATE trials SET {column} = ?, checksum = ? WHERE key = ?"  # noqa: S608
        database.execute(query, changed)


def as_others():
    """Let permissions hold for a process of root too: drop what overrides them, as of its exec."""
    if os.geteuid() == 0:
        drop_from_bounding_set, override_permissions = 24, 1  # of <linux/prctl.h>, capability.h
        ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0)
