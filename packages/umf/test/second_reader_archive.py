"""What an archive holds (SPEC.md: Index, Items, Open, Records): the description, taken apart, judged, and its state."""

import base64
import binascii
import hashlib
import re
import struct
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, NamedTuple

from second_reader_boxes import (
    ANCHOR,
    EMPTY_ROOT,
    FOOTER,
    HEAD_END,
    MAX_COVER,
    MAX_EXTENTS,
    MAX_ITEMS,
    MAX_NAME,
    MAX_RECORD,
    PROTECTED_HEAD,
    SLOTS,
    Anchor,
    Box,
    Head,
    Refused,
    Source,
    boxes,
    footer_at_end_of,
    holds,
    integer,
    milliseconds,
    pair,
    parse_anchor,
    parse_json,
    read_head,
)

Extent = tuple[int, int]
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
ITEM_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TYPE_WORD = re.compile(r"[a-z0-9-]{1,32}")
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?: ?;[ -~]*)?")
KINDS = {"structure", "media", "item", "index", "free", "erased"}  # [D3]


def right_name(name: Any) -> bool:
    """[E1]"""
    if not isinstance(name, str):
        return False
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:  # half of a surrogate pair is in no UTF-8
        return False
    return (
        1 <= size <= MAX_NAME
        and unicodedata.is_normalized("NFC", name)
        and not re.search(r"[\x00-\x1f\x7f\\:]", name)
        and all(part not in ("", ".", "..") and part[-1] not in " ." for part in name.split("/"))
    )


def text(value: Any, most: int, least: int = 0) -> bool:
    """[Bounds] Characters are code points, as Python counts them."""
    return isinstance(value, str) and least <= len(value) <= most


def right_extensions(value: Any) -> bool:
    """[I4] Data is base64 that decodes."""
    if not isinstance(value, list) or len(value) > 10_000:
        return False
    for extension in value:
        if not isinstance(extension, dict) or not text(extension.get("name"), 1000, 1):
            return False
        try:
            base64.b64decode(extension.get("data"), validate=True)
        except (TypeError, ValueError, binascii.Error):
            return False
    return True


def right_requires(value: Any) -> bool:
    """[X1]"""
    return isinstance(value, list) and len(value) <= 100 and all(map(right_need, value))


def right_need(need: Any) -> bool:
    if not isinstance(need, dict) or need.get("for") not in ("decrypt", "show", "track", "rights"):
        return False
    return text(need.get("module"), 2000, 1)


def right_from(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("items"), list) or not text(value.get("by"), 10_000):
        return False
    return len(value["items"]) <= 1000 and all(map(right_name, value["items"]))


# What each member must be, where it is there; [E4] those of the presentation are among them.
OF_ITEMS_ALONE = {"digest", "pointer", "endMs", "encryption", "from"}
MEMBERS: dict[str, Callable[[Any], bool]] = {
    "name": right_name,
    "type": lambda value: isinstance(value, str) and TYPE_WORD.fullmatch(value) is not None,
    "contentType": lambda value: text(value, 255) and MEDIA_TYPE.fullmatch(value) is not None,
    "length": lambda value: integer(value) is not None,
    "digest": lambda value: isinstance(value, str) and ITEM_DIGEST.fullmatch(value) is not None,
    # Where a pointer leads is decided when it is followed (P2): a strange one is no damage.
    "pointer": lambda value: text(value, 8000, 1),
    "level": lambda value: integer(value, 0, 2**31) is not None,
    "limits": lambda value: isinstance(value, dict) and all(text(name, 255) for name in value),
    "startMs": milliseconds,
    "endMs": milliseconds,
    "title": lambda value: text(value, 10_000),
    "language": lambda value: text(value, 100),
    "requires": right_requires,
    "encryption": lambda value: isinstance(value, dict) and text(value.get("module"), 2000, 1),
    "from": right_from,
    "metadata": lambda value: isinstance(value, dict),
    "extensions": right_extensions,
}


def check_members(
    entry: Any, needed: tuple[str, ...], structure: str, unknown: Iterable[str] = ()
) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise Refused("I4", structure, "not an object")
    name = entry.get("name") if right_name(entry.get("name")) else structure
    for member in needed:
        if member not in entry:
            raise Refused("Items", name, f"{member} is missing")
    for member, right in MEMBERS.items():
        if member in entry and member not in unknown and not right(entry[member]):
            raise Refused("Items", name, f"{member} is not right")
    return entry


def extents_of(item: dict[str, Any]) -> list[Extent]:
    return [(offset, length) for offset, length in item.get("extents", [])]


def check_item(item: Any, limit: int, idat: int, structure: str) -> dict[str, Any]:
    """[Items, E1, E2] `limit`: where what an item may lie in ends; `idat`: bytes that items may share inline."""
    check_members(item, ("name", "type", "contentType"), structure)
    name = item["name"]
    if "startMs" in item and "endMs" in item and item["endMs"] < item["startMs"]:
        raise Refused("Items", name, "it ends before it starts")
    if sum(place in item for place in ("extents", "inline", "pointer")) != 1:
        raise Refused("Items", name, "not exactly one of extents, inline and pointer")
    if "pointer" in item:
        return item
    for member in ("length", "digest"):
        if member not in item:
            raise Refused("Items", name, f"{member} is missing")
    if "inline" in item:
        inline = pair(item["inline"])
        if inline is None or inline[1] < 1 or inline[0] + inline[1] > idat or inline[1] != item["length"]:
            raise Refused("Items", name, "inline is not a place of its length in idat")
        return item
    if not isinstance(item["extents"], list) or len(item["extents"]) > MAX_EXTENTS:
        raise Refused("Items", name, "extents is not an array of at most 1,000,000")
    total = 0
    for extent in item["extents"]:
        place = pair(extent)
        if place is None or place[1] < 1 or place[0] < HEAD_END or sum(place) > limit:
            raise Refused("E2", name, "an extent lies elsewhere than in the archive's data")
        total += place[1]
    if total != item["length"]:
        raise Refused("Items", name, "length is not that of its extents")
    return item


def check_presentation(value: Any, limit: int) -> dict[str, Any] | None:
    """[E4]"""
    if value is None:
        return None
    check_members(value, ("name", "type", "contentType", "length", "durationMs"), "presentation", OF_ITEMS_ALONE)
    if value["type"] not in ("video", "audio") or not milliseconds(value["durationMs"]):
        raise Refused("E4", "presentation", "type or durationMs is not right")
    if not HEAD_END <= value["length"] <= limit:
        raise Refused("E4", "presentation", "it does not end between the head and the index")
    return value


class Entry(NamedTuple):
    """[D2] One entry of cover."""

    offset: int
    length: int
    kind: str
    digest: str

    @property
    def end(self) -> int:
        return self.offset + self.length


def check_cover(value: Any, structure: str, begin: int, end: int, of_head: bool) -> list[Entry]:
    """[D2, D3, J3] Sorted, of known kinds, without empty entries, of these bytes, or of those before the slots."""
    if not isinstance(value, list) or len(value) > MAX_COVER:
        raise Refused("D2", structure, "cover is not an array of at most 1,048,576 entries")
    entries: list[Entry] = []
    for row in value:
        place = pair(row[:2]) if isinstance(row, list) and len(row) == 4 else None
        if place is None or place[1] < 1 or not isinstance(row[2], str) or not isinstance(row[3], str):
            raise Refused("D2", structure, "an entry of cover is not right")
        if row[2] not in KINDS or not HEX_DIGEST.fullmatch(row[3]):
            raise Refused("D3", structure, "an entry of cover is not right")
        if entries and place[0] < entries[-1].end:
            raise Refused("D2", structure, "cover is not sorted, or overlaps itself")
        entries.append(Entry(*place, row[2], row[3]))
        before_slots = of_head and entries[-1].end <= PROTECTED_HEAD
        if not before_slots and not begin <= place[0] < entries[-1].end <= end:
            raise Refused("D2", structure, "its cover is for other bytes")
    return entries


def child(data: bytes, at: int) -> tuple[bytes, int, int]:
    """A box inside the index: its type, and where its payload begins and ends."""
    size, kind = struct.unpack_from(">I4s", data, at) if at + 8 <= len(data) else (0, b"")
    if size < 8 or at + size > len(data):
        raise Refused("I1", "index", "a box in it does not fit")
    return kind, at + 8, at + size


HDLR = struct.pack(">II4s12sB", 0, 0, b"umf ", bytes(12), 0)  # [I1] version 0, an empty name


@dataclass
class Index:
    """[I1, I4] An index box taken apart. `iloc` and `iinf` stay as they are: they only repeat, and `check` compares."""

    anchor: Anchor
    description: dict[str, Any]
    cover: list[Entry]
    idat: tuple[int, int]  # where its payload lies in the file
    has_idat: bool
    iloc: bytes
    iinf: bytes


def read_index(source: Source, head: Head, anchor: Anchor) -> Index:
    data = source.at(anchor.index_offset, anchor.index_size)
    if data[8:12] != bytes(4):
        raise Refused("I1", "index", "not a FullBox of version 0 and flags 0")
    found: list[tuple[bytes, int, int]] = []
    at = 12
    while at < len(data):
        found.append(child(data, at))
        at = found[-1][2]
        if len(found) > 5:
            break
    kinds = [kind for kind, _, _ in found]
    if kinds not in ([b"hdlr", b"iloc", b"iinf", b"umfx"], [b"hdlr", b"iloc", b"iinf", b"idat", b"umfx"]):
        raise Refused("I1", "index", "it does not hold hdlr, iloc, iinf, perhaps idat, and umfx, in this order")
    part = {kind: (start, end) for kind, start, end in found}
    if data[slice(*part[b"hdlr"])] != HDLR:
        raise Refused("I1", "hdlr", "not that of an archive")
    description = parse_json(data[slice(*part[b"umfx"])], "description")
    generation = integer(description.get("generation"), 1)
    if integer(description.get("version")) != 1 or description.get("digest") != "sha-256":
        raise Refused("I4", "description", "another version or digest")
    # A later commit of the same index (a signature) has a higher generation than the index says.
    if description.get("id") != head.uuid or generation is None or generation > anchor.generation:
        raise Refused("I4", "description", "another id or generation than its anchor's")
    if not isinstance(description.get("metadata"), dict):
        raise Refused("I4", "description", "metadata is not an object")
    if not right_requires(description.get("requires", [])) or not right_extensions(description.get("extensions", [])):
        raise Refused("I4", "description", "requires or extensions is not right")
    if not isinstance(description.get("erases", False), bool):
        raise Refused("I4", "description", "erases is not true or false")
    if not isinstance(description.get("items"), list) or len(description["items"]) > MAX_ITEMS:
        raise Refused("I4", "description", f"items is not an array of at most {MAX_ITEMS}")
    start, end = part.get(b"idat", (0, 0))
    for place, item in enumerate(description["items"], 1):
        check_item(item, anchor.index_offset, end - start, f"item {place}")
    check_presentation(description.get("presentation"), anchor.index_offset)
    return Index(
        anchor,
        description,
        check_cover(description.get("cover"), "cover", HEAD_END, anchor.index_offset, True),
        (anchor.index_offset + start, end - start),
        b"idat" in part,
        data[slice(*part[b"iloc"])],
        data[slice(*part[b"iinf"])],
    )


def next_record(source: Source, head: Head, box: Box, root: bytes, generation: int) -> dict[str, Any] | None:
    """[J1, J2] The record's object if it follows the state of this root and generation, else None."""
    length = box.size - box.header
    if box.header != 8 or box.size > MAX_RECORD or length < 66:
        return None
    payload = source.at(box.payload, length)
    if payload[:32] != root or hashlib.sha256(payload[:-32]).digest() != payload[-32:]:
        return None
    record = parse_json(payload[32:-32], f"record at {box.offset}")
    if record.get("id") != head.uuid or integer(record.get("generation")) != generation + 1:
        raise Refused("J2", f"record at {box.offset}", "it is of another archive or generation than its root")
    return record


@dataclass
class Record:
    """Where a record lies, and its cover. [J3]"""

    box: Box
    cover: list[Entry]


@dataclass
class State:
    """One whole state of an archive: that of an index, or none, and the records since. Items keep their places."""

    generation: int = 0
    root: bytes = EMPTY_ROOT
    end: int = HEAD_END
    index: Index | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    presentation: dict[str, Any] | None = None
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    # Extents that items of one extent had, which records then replaced or removed: they count as free, and what
    # proves them is the digest that the item had. [J3]
    left: dict[Extent, str] = field(default_factory=dict)

    def check_apart(self) -> None:
        """[E2] Items have the very same extents, or extents that are apart; inline bytes are apart. Of the state that is
        opened; where each item lies is judged for each index and record that names it."""
        lists: dict[tuple[Extent, ...], str] = {}
        inline: list[tuple[Extent, str]] = []
        for name, item in self.items.items():
            if "inline" in item:
                inline.append(((item["inline"][0], item["inline"][1]), name))
            else:
                lists.setdefault(tuple(extents_of(item)), name)
        stored = [(extent, name) for extents, name in lists.items() for extent in extents]
        for ranges in (sorted(stored), sorted(inline)):
            for (before, _), (extent, name) in zip(ranges, ranges[1:]):
                if extent[0] < sum(before):
                    raise Refused("E2", name, "its bytes overlap each other, or those of another item")

    def check_beside_presentation(self, items: Iterable[dict[str, Any]]) -> None:
        """[E4]"""
        if self.presentation is None:
            return
        if self.presentation["name"] in self.items:
            raise Refused("E1", self.presentation["name"], "an item has the name of the main presentation")
        for item in items:
            if any(offset < self.presentation["length"] for offset, _ in extents_of(item)):
                raise Refused("E4", item["name"], "it begins before the main presentation ends")


def state_of_index(source: Source, head: Head, anchor: Anchor) -> State:
    index = read_index(source, head, anchor)
    items: dict[str, dict[str, Any]] = {}
    for item in index.description["items"]:
        if item["name"] in items:
            raise Refused("Items", item["name"], "two items have this name")
        items[item["name"]] = item
    state = State(anchor.generation, anchor.root, anchor.end, index, index.description["metadata"])
    state.presentation = index.description.get("presentation")
    state.items = items
    state.check_beside_presentation(items.values())
    return state


def only_extent(item: dict[str, Any]) -> Extent | None:
    extents = extents_of(item)
    return extents[0] if len(extents) == 1 else None


def apply_record(state: State, record: dict[str, Any], box: Box) -> None:
    """[J3]"""
    structure = f"record at {box.offset}"
    put, remove, metadata = record.get("put", []), record.get("remove", []), record.get("metadata", {})
    if not isinstance(put, list) or not isinstance(remove, list) or not isinstance(metadata, dict):
        raise Refused("J3", structure, "put, remove or metadata is not right")
    if len(put) > MAX_ITEMS or len(remove) > MAX_ITEMS or not all(isinstance(name, str) for name in remove):
        raise Refused("J3", structure, "remove is not an array of names, or either is too long")
    for name in remove:
        forget(state, state.items.pop(name, None))
    names: set[str] = set()
    for place, item in enumerate(put, 1):
        check_item(item, box.offset, 0, f"item {place} of the {structure}")
        if "inline" in item or item["name"] in names:
            raise Refused("J3", item["name"], "an item of a record is inline, or put twice")
        names.add(item["name"])
        forget(state, state.items.get(item["name"]))
        state.items[item["name"]] = item
    if len(state.items) > MAX_ITEMS:
        raise Refused("Bounds", "items", f"more than {MAX_ITEMS}")
    state.metadata = {**state.metadata, **metadata}
    for member in [member for member, value in metadata.items() if value is None]:
        del state.metadata[member]
    apply_presentation(state, record, put, box)
    first = state.index is None and not state.records
    state.records.append(Record(box, check_cover(record.get("cover"), structure, state.end, box.offset, first)))


def apply_presentation(state: State, record: dict[str, Any], put: list[dict[str, Any]], box: Box) -> None:
    """[J3, E4] All items are looked at once, when there comes to be a presentation, and then those that are put."""
    before = state.presentation
    if "presentation" in record:
        state.presentation = check_presentation(record["presentation"], box.offset)
        if state.presentation is None or (before is not None and before["length"] != state.presentation["length"]):
            raise Refused("J3", f"record at {box.offset}", "the presentation is gone, or of another length")
    state.check_beside_presentation(put if before is not None else state.items.values())


def forget(state: State, item: dict[str, Any] | None) -> None:
    if item is not None and (extent := only_extent(item)) is not None:
        state.left[extent] = item["digest"].removeprefix("sha256:")


@dataclass
class Archive:
    source: Source
    head: Head
    state: State


def open_archive(source: Source) -> Archive:
    """[O1–O4] Finds the current state."""
    head = read_head(source)
    anchor = footer_at_end_of(source, source.size, head.id)
    if anchor is not None and holds(source, anchor):
        state = state_of_index(source, head, anchor)
        state.check_apart()
        return Archive(source, head, state)
    anchors = [parse_anchor(source.at(at, ANCHOR), head.id, source.size) for at in SLOTS.values()]
    state = State()
    for anchor in sorted(filter(None, anchors), key=lambda anchor: -anchor.generation):
        if holds(source, anchor):
            state = state_of_index(source, head, anchor)
            break
    for box in boxes(source, state.end, source.size):
        if box.type == b"umfj":
            record = next_record(source, head, box, state.root, state.generation)
            if record is not None:
                apply_record(state, record, box)
                state.root = source.at(box.end - 32, 32)
                state.generation, state.end = state.generation + 1, box.end
        elif box.type == b"umff" and box.size == FOOTER:
            anchor = footer_at_end_of(source, box.end, head.id)
            if anchor is not None and follows(anchor, state) and holds(source, anchor):
                state = state_of_index(source, head, anchor)
    state.check_apart()
    return Archive(source, head, state)


def follows(anchor: Anchor, state: State) -> bool:
    """[O4] A later commit, whose index lies behind the state, or is that of the state."""
    if anchor.generation <= state.generation:
        return False
    if anchor.index_offset >= state.end:
        return True
    known = state.index.anchor if state.index is not None and not state.records else None
    return known is not None and anchor[1:3] == known[1:3] and anchor.root == known.root
