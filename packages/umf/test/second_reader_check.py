"""Whether a file is intact (SPEC.md, D6), and if not, which item or structure is not."""

import bisect
import hashlib
import struct
from typing import Any, NamedTuple

from second_reader_archive import (
    Archive,
    Entry,
    Extent,
    Index,
    extents_of,
    only_extent,
    open_archive,
)
from second_reader_boxes import (
    ANCHOR,
    HEAD_END,
    LISTED,
    MAX_INDEX,
    PROTECTED_HEAD,
    SLOTS,
    Refused,
    Source,
    boxes,
    footer_at_end_of,
    parse_anchor,
)
from second_reader_signatures import signature_boxes

MAX_PROBLEMS = 1000  # more are not listed: one is enough not to trust a file

class Span(NamedTuple):
    """Bytes that something proves, for the search for gaps. [D2]"""

    offset: int
    end: int
    what: str


class Checker:
    """[D6] Goes over all that must hold, and names what does not."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.source, self.state = archive, archive.source, archive.state
        self.problems: list[dict[str, str]] = []

    def found(self, rule: str, message: str, *, item: str | None = None, structure: str | None = None) -> None:
        what = {"item": item} if item is not None else {"structure": structure or "file"}
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append({**what, "rule": rule, "message": message})

    def run(self) -> list[dict[str, str]]:
        self.check_boxes()
        self.check_head()
        self.check_state()
        if (index := self.state.index) is not None:
            self.check_index_box(index)
            self.check_after_index(index)
            self.check_listing(index)
        self.check_cover()
        self.check_items()
        return self.problems

    def check_boxes(self) -> None:
        """[F1, F5, F6]"""
        end = 0
        data: list[Extent] = []  # payloads of mdat: where each begins and ends
        metas: list[int] = []
        for box in boxes(self.source, 0, self.source.size):
            end = box.end
            if box.type == b"mdat":
                data.append((box.payload, box.end))
            elif box.type == b"meta":
                metas.append(box.offset)
        if end != self.source.size:
            self.found("F1", f"no whole box at {end}", structure=f"box at {end}")
        index = self.state.index
        known = {entry.offset for entry in self.entries() if entry.kind == "index"}  # [D4]
        for offset in metas:
            if offset not in known and (index is None or offset != index.anchor.index_offset):
                self.found("F5", "a meta box that is not the index", structure=f"box at {offset}")
        for name, item in self.state.items.items():
            for offset, length in extents_of(item):
                place = bisect.bisect_right(data, (offset, self.source.size + 1)) - 1
                if place < 0 or offset + length > data[place][1]:
                    self.found("F6", "bytes of it lie in no mdat", item=name)

    def check_head(self) -> None:
        """[F3, D6]"""
        head = bytearray(self.source.at(0, HEAD_END))
        for name, at in SLOTS.items():
            slot = bytes(head[at : at + ANCHOR])
            head[at : at + ANCHOR] = bytes(ANCHOR)
            if slot == bytes(ANCHOR):
                continue
            anchor = parse_anchor(slot, self.archive.head.id, self.source.size)
            if anchor is None:
                self.found("D6", "neither zero nor a whole anchor", structure=name)
            elif anchor.generation > self.state.generation:
                self.found("D6", "its state is newer than the one that can be read", structure=name)
        if any(head[self.archive.head.umfh.payload + 24 :]):
            self.found("F3", "bytes beside the slots are not zero", structure="umfh")

    def check_state(self) -> None:
        if self.state.index is None:
            self.found("D6", "there is no index: the archive was not finished, or is cut off", structure="index")
        if self.state.end != self.source.size:
            self.found("D6", f"{self.source.size - self.state.end} bytes after the state's end", structure="tail")

    def check_index_box(self, index: Index) -> None:
        """[A2, A3] The root does not reach the first 8 bytes of the index, and no cover does while it is current."""
        anchor = index.anchor
        size, kind = struct.unpack(">I4s", self.source.at(anchor.index_offset, 8))
        if size != anchor.index_size or kind not in (b"meta", b"umfi"):
            self.found("A3", "its header is not that of an index of this size", structure="index")
        footer = footer_at_end_of(self.source, anchor.end, self.archive.head.id)
        if footer is None or footer.raw != anchor.raw:
            self.found("D6", "it does not equal the anchor", structure="footer")

    def check_after_index(self, index: Index) -> None:
        """[D5] Only footers and signatures up to the current footer."""
        at = index.anchor.index_end
        for box in boxes(self.source, at, index.anchor.end):
            at = box.end
            if box.type == b"umff":
                footer = footer_at_end_of(self.source, box.end, self.archive.head.id)
                if footer is None:
                    self.found("A2", "not a footer that ends at its anchor's end", structure=f"umff at {box.offset}")
            elif box.type != b"umfs":
                self.found("D5", "a box that may not follow the index", structure=f"box at {box.offset}")
        if at != index.anchor.end:
            self.found("D5", "no whole box", structure=f"box at {at}")
        for box, signature in signature_boxes(self.archive):
            if signature is None:
                self.found("S1", "it is altered", structure=f"umfs at {box.offset}")

    def check_listing(self, index: Index) -> None:
        """[I3] Both boxes are determined by the description, up to the last byte."""
        iloc, iinf, count = b"", b"", 0
        for place, item in enumerate(index.description["items"][:LISTED], 1):
            lies = (1, *item["inline"]) if "inline" in item else (0, *(only_extent(item) or (0, 0)))
            if lies[2] == 0:
                continue
            count += 1
            iloc += struct.pack(">HHHHQQ", place, lies[0], 0, 1, lies[1], lies[2])
            texts = b"".join(text.encode("utf-8") + b"\0" for text in (item["name"], item["contentType"], ""))
            iinf += struct.pack(">I4sIHH4s", 20 + len(texts), b"infe", 2 << 24, place, 0, b"mime") + texts
        if index.iloc != struct.pack(">IHH", 1 << 24, 0x8800, count) + iloc:
            self.found("I3", "it does not agree with the description", structure="iloc")
        if index.iinf != struct.pack(">IH", 0, count) + iinf:
            self.found("I3", "it does not agree with the description", structure="iinf")
        inline = any("inline" in item for item in index.description["items"])
        if inline != index.has_idat:
            self.found("I1", "it is not there exactly where items are inline", structure="idat")

    def entries(self) -> list[Entry]:
        cover = list(self.state.index.cover) if self.state.index is not None else []
        for record in self.state.records:
            cover += record.cover
        return cover

    def check_cover(self) -> None:
        """[D2] No gap and no overlap from the first byte to the state's end; every digest of an entry."""
        spans = [Span(PROTECTED_HEAD, HEAD_END, "head")]
        if (index := self.state.index) is not None:
            spans.append(Span(index.anchor.index_offset, index.anchor.end, "index"))
        for record in self.state.records:
            spans.append(Span(record.box.offset, record.box.end, f"record at {record.box.offset}"))
        entries = self.entries()
        single = {extent for item in self.state.items.values() if (extent := only_extent(item)) is not None}
        # [J3] What records did to the covers before them.
        left = [Entry(*extent, "free", digest) for extent, digest in self.state.left.items() if extent not in single]
        if self.state.records:
            entries = [entry for entry in entries if entry[:2] not in single and entry[:2] not in self.state.left]
        spans += [Span(entry.offset, entry.end, f"cover of {entry.kind}") for entry in (*entries, *left)]
        spans += [Span(offset, offset + length, "item") for offset, length in single]
        self.check_gapless(sorted(spans))
        listed = {entry[:2] for entry in (*entries, *left)}
        owners: dict[Extent, str] = {}
        for name, item in self.state.items.items():
            owners.update((extent, name) for extent in extents_of(item))
            if any(extent not in single and extent not in listed for extent in extents_of(item)):
                self.found("D2", "an extent of it has no entry in the cover", item=name)
        for entry in (*entries, *left):
            self.check_entry(entry, owners.get(entry[:2]))

    def check_gapless(self, spans: list[Span]) -> None:
        at = 0
        for span in spans:
            if span.offset != at:
                what = "nothing covers it" if span.offset > at else "it is covered twice"
                low, high = sorted((at, span.offset))
                self.found("D2", f"{what}, before {span.what}", structure=f"bytes {low} to {high}")
            at = max(at, span.end)
        if at != self.state.end:
            self.found("D2", "the cover does not end with the state", structure=f"bytes from {at}")

    def check_entry(self, entry: Entry, owner: str | None) -> None:
        if entry.end > self.source.size:
            return self.found("D2", "it lies past the end of the file", structure=self.name_of(entry))
        digest, zero = hashlib.sha256(), True
        for piece in self.source.pieces(entry.offset, entry.length):
            zero = zero and not any(piece)
            digest.update(piece)
        if entry.kind == "index":  # [D4]
            data = self.source.at(entry.offset, min(entry.length, MAX_INDEX))
            if data[4:8] not in (b"free", b"meta", b"umfi"):
                self.found("D4", "another type stands there", structure=self.name_of(entry))
            digest = hashlib.sha256(data[:4] + b"free" + data[8:])
        if digest.hexdigest() != entry.digest:
            if owner is not None:
                self.found("D1", "a part of it is damaged", item=owner)
            else:
                self.found("D3", "the digest is wrong", structure=self.name_of(entry))
        if entry.kind == "erased" and not zero:
            self.found("D3", "bytes that should be erased are not", structure=self.name_of(entry))

    def name_of(self, entry: Entry) -> str:
        return f"{entry.kind} at {entry.offset}"

    def check_items(self) -> None:
        """[D1] Items of the same extents are read once."""
        digests: dict[tuple[Extent, ...], str] = {}
        for name, item in self.state.items.items():
            if "pointer" in item:
                continue
            places = tuple(places_of(self.archive, item))
            if "inline" in item or places not in digests:
                digests[places] = digest_of_places(self.source, places)
            if digests[places] != item["digest"]:
                self.found("D1", "the digest is wrong", item=name)


def places_of(archive: Archive, item: dict[str, Any]) -> list[Extent]:
    """Where the content of an item lies in the file."""
    if "inline" in item:
        assert archive.state.index is not None  # items of records are never inline
        return [(archive.state.index.idat[0] + item["inline"][0], item["inline"][1])]
    return extents_of(item)


def digest_of_places(source: Source, places: tuple[Extent, ...]) -> str:
    digest = hashlib.sha256()
    for place in places:
        for piece in source.pieces(*place):
            digest.update(piece)
    return "sha256:" + digest.hexdigest()


def check(source: Source) -> dict[str, Any]:
    try:
        problems = Checker(open_archive(source)).run()
    except Refused as refused:
        problems = [{"structure": refused.structure, "rule": refused.rule, "message": refused.message}]
    return {"ok": not problems, "problems": problems}
