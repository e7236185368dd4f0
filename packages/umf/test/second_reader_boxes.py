"""Bytes, boxes and anchors of an archive (SPEC.md: File, Anchor, Bounds), and its JSON (I2, I5)."""

import hashlib
import json
import math
import os
import re
import struct
from typing import Any, BinaryIO, Iterator, NamedTuple, NoReturn

HEAD_END = 8192  # [F3]
SLOTS = {"slot A": 2048, "slot B": 4096}  # [F3]
PROTECTED_HEAD = 2048  # what lies before the slots is covered by digests, what follows is zero but for them
ANCHOR = 128
FOOTER = 136  # [A2]
EMPTY_ROOT = bytes(32)  # [O3]

# Bounds (the page's last section), and how much is read at a time.
MAX_INDEX = MAX_RECORD = 67_108_864
MAX_ITEMS = 65_535
MAX_COVER = MAX_BOXES = 1_048_576
MAX_EXTENTS = 1_000_000
MAX_SIGNATURES = 1000
MAX_SIGNATURE = 65_536
MAX_VALUES = 4_194_304
MAX_DEPTH = 64
MAX_NAME = 255
MAX_FTYP = 1024
LISTED = 1000  # [I3]
PIECE = 1 << 20
MAX_INTEGER = 2**53 - 1


class Refused(Exception):
    """The file is not an archive of this page, or goes beyond its bounds. Names the structure and the rule."""

    def __init__(self, rule: str, structure: str, message: str) -> None:
        super().__init__(f"[{rule}] {structure}: {message}")
        self.rule, self.structure, self.message = rule, structure, message


class Source:
    """The bytes of one file. Nothing is read past its end, and never more at a time than the largest index."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, os.SEEK_END)

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0 or offset + length > self.size or length > MAX_INDEX:
            raise Refused("Bounds", "file", f"{length} bytes at {offset} do not lie in it")
        self.file.seek(offset)
        data = self.file.read(length)
        if len(data) != length:
            raise Refused("Bounds", "file", "it was cut while it was read")
        return data

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.at(offset, min(PIECE, length))
            yield piece
            offset, length = offset + len(piece), length - len(piece)


class Box(NamedTuple):
    offset: int
    header: int
    size: int
    type: bytes

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def payload(self) -> int:
        return self.offset + self.header


def box_at(source: Source, offset: int, limit: int) -> Box | None:
    """[F1] The box at an offset, or None where none lies whole before the limit."""
    if offset + 8 > limit:
        return None
    size, kind = struct.unpack(">I4s", source.at(offset, 8))
    header = 8
    if size == 1:
        if offset + 16 > limit:
            return None
        header, size = 16, struct.unpack(">Q", source.at(offset + 8, 8))[0]
    if size < header or offset + size > limit:
        return None
    return Box(offset, header, size, kind)


def short(box: Box | None, kind: bytes) -> bool:
    """[F1] A box of this type, with the 32-bit size that those of this format have."""
    return box is not None and box.type == kind and box.header == 8


def boxes(source: Source, offset: int, limit: int) -> Iterator[Box]:
    """[F1, O4] One box after the other, up to the first that is not whole."""
    count = 0
    while (box := box_at(source, offset, limit)) is not None:
        count += 1
        if count > MAX_BOXES:
            raise Refused("Bounds", "file", f"more than {MAX_BOXES} boxes")
        yield box
        offset = box.end


class Head(NamedTuple):
    id: bytes
    umfh: Box

    @property
    def uuid(self) -> str:
        digits = self.id.hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def read_head(source: Source) -> Head:
    """[F2–F4] What must be right for anything to be read; the zeros of the head are for `check`."""
    ftyp = box_at(source, 0, source.size)
    if not short(ftyp, b"ftyp") or not 16 <= ftyp.size <= MAX_FTYP or ftyp.size % 4 != 0:
        raise Refused("F2", "ftyp", "the file does not begin with it")
    payload = source.at(ftyp.payload, ftyp.size - ftyp.header)
    brands = {payload[at : at + 4] for at in range(8, len(payload), 4)}
    if not {b"umf1", b"iso6"} <= brands:
        raise Refused("F2", "ftyp", "its compatible brands lack umf1 or iso6")
    umfh = box_at(source, ftyp.end, source.size)
    if not short(umfh, b"umfh") or umfh.end != HEAD_END:
        raise Refused("F3", "umfh", f"the second box is not one that ends at byte {HEAD_END}")
    version, algorithm, archive = struct.unpack(">I4s16s", source.at(umfh.payload, 24))
    if version != 1 or algorithm != b"s256":
        raise Refused("F3", "umfh", "another version or algorithm")
    if archive[6] >> 4 != 7 or archive[8] >> 6 != 2:
        raise Refused("F4", "umfh", "the id is not a UUIDv7")
    return Head(archive, umfh)


class Anchor(NamedTuple):
    generation: int
    index_offset: int
    index_size: int
    end: int
    root: bytes
    raw: bytes

    @property
    def index_end(self) -> int:
        return self.index_offset + self.index_size


def parse_anchor(raw: bytes, archive: bytes, file_size: int) -> Anchor | None:
    """[A1] An anchor that is whole, or None. (Its root is checked when the index is read.)"""
    magic, version, generation, offset, size, end, its_archive, zero, root = struct.unpack(">4sIQQQQ16s8s32s", raw[:96])
    whole = (
        magic == b"UMFA"
        and version == 1
        and generation >= 1
        and hashlib.sha256(raw[:96]).digest() == raw[96:]
        and its_archive == archive
        and zero == bytes(8)
        and end <= file_size
        and max(generation, end) <= MAX_INTEGER
        and 12 <= size <= MAX_INDEX
        and HEAD_END <= offset <= offset + size <= end - FOOTER
    )
    return Anchor(generation, offset, size, end, root, raw) if whole else None


def holds(source: Source, anchor: Anchor) -> bool:
    """[A1, A3] A box of its size, whatever its type, whose bytes after the first 8 hash to its root."""
    if struct.unpack(">I", source.at(anchor.index_offset, 4))[0] != anchor.index_size:
        return False
    digest = hashlib.sha256()
    for piece in source.pieces(anchor.index_offset + 8, anchor.index_size - 8):
        digest.update(piece)
    return digest.digest() == anchor.root


def footer_at_end_of(source: Source, box_end: int, archive: bytes) -> Anchor | None:
    """[A2] The whole anchor of the footer that ends here, if one does, at its anchor's own end."""
    if box_end - FOOTER < HEAD_END:
        return None
    raw = source.at(box_end - FOOTER, FOOTER)
    if raw[:8] != struct.pack(">I4s", FOOTER, b"umff"):
        return None
    anchor = parse_anchor(raw[8:], archive, source.size)
    return anchor if anchor is not None and anchor.end == box_end else None


# Possessive, so that no text makes it go back: a string, closed or not, or a bracket.
TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)


def parse_json(data: bytes, structure: str) -> dict[str, Any]:
    """[I2, I5] One JSON object in UTF-8, of bounded depth, in which no object names a member twice."""

    def refuse(message: str) -> NoReturn:
        raise Refused("I2", structure, message)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            raise Refused("I5", structure, "an object names a member twice")
        if "__proto__" in value:
            raise Refused("I5", structure, "an object has a member __proto__")
        return value

    def number(digits: str) -> float | int:
        value = float(digits)
        if not math.isfinite(value):
            refuse("a number beyond a double")
        # 1.0 is an integer, here as in whatever knows doubles alone.
        return int(value) if value.is_integer() and abs(value) <= MAX_INTEGER else value

    try:
        text = data.decode("utf-8")
        depth, values = 0, 1
        for token in TOKENS.finditer(text):
            if text[token.start()] in ",[{":
                values += 1
                if values > MAX_VALUES:
                    refuse(f"more than {MAX_VALUES} values")
            if text[token.start()] in "[{":
                depth += 1
                if depth > MAX_DEPTH:
                    refuse(f"nested more than {MAX_DEPTH} deep")
            elif text[token.start()] in "]}":
                depth -= 1
        value = json.loads(text, object_pairs_hook=members, parse_float=number, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        refuse(f"not JSON in UTF-8: {error}")
    if not isinstance(value, dict):
        refuse("not an object")
    return value


def integer(value: Any, low: int = 0, high: int = MAX_INTEGER) -> int | None:
    """The value if it is an integer of this range, else None; Python's True is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def milliseconds(value: Any) -> bool:
    """A reader takes more decimals than a writer gives."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1e12


def pair(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    offset, length = integer(value[0]), integer(value[1])
    return None if offset is None or length is None else (offset, length)
