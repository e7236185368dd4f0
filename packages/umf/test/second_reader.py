"""A second reader of the universal media format, written from SPEC.md alone in Python's standard library.

    second_reader.py list FILE                    what the archive holds, as JSON
    second_reader.py check FILE                   {"ok", "problems"}: each names the item, or the structure
    second_reader.py extract FILE NAME -o OUT     an item's content, checked against its digest on the way
    second_reader.py extract FILE NAME --sha256   only the SHA-256 of what lies there
    second_reader.py batch FOLDER                 all three for each file of a folder, one line of JSON a file

It is here to show that SPEC.md is enough, so it shares nothing with the other reader: where both agree about a file, they
do because that page says so; where they did not, the page was mended first. Rules in brackets are SPEC.md's. Exit codes:
0 done or intact, 1 not, 2 misused.
"""

import argparse
import hashlib
import json
import os
import sys
from typing import Any, Iterator

from second_reader_archive import Archive, open_archive
from second_reader_boxes import HEAD_END, PROTECTED_HEAD, Refused, Source
from second_reader_check import check, places_of
from second_reader_signatures import signatures

def content(archive: Archive, name: str) -> Iterator[bytes]:
    """[Items, E4] The bytes of an item or of the main presentation, in pieces."""
    presentation = archive.state.presentation
    if presentation is not None and presentation["name"] == name:
        at = 0
        for piece in archive.source.pieces(0, presentation["length"]):
            low, high = max(PROTECTED_HEAD - at, 0), min(HEAD_END - at, len(piece))
            yield piece[:low] + bytes(high - low) + piece[high:] if low < high else piece
            at += len(piece)
        return
    item = archive.state.items.get(name)
    if item is None:
        raise Refused("Items", name, "there is no item of this name")
    if "pointer" in item:
        raise Refused("P2", name, f"it is kept elsewhere: {item['pointer']}")
    for place in places_of(archive, item):
        yield from archive.source.pieces(*place)


def listing(archive: Archive) -> dict[str, Any]:
    state = archive.state
    return {
        "id": archive.head.uuid,
        "generation": state.generation,
        "root": state.root.hex(),
        "end": state.end,
        "metadata": state.metadata,
        "presentation": state.presentation,
        "items": list(state.items.values()),
        "signatures": signatures(archive),
    }


def sha256_of(archive: Archive, name: str) -> str:
    digest = hashlib.sha256()
    for piece in content(archive, name):
        digest.update(piece)
    return digest.hexdigest()


def extract(archive: Archive, name: str, out: str) -> None:
    digest = hashlib.sha256()
    with open(out, "wb") as target:
        for piece in content(archive, name):
            digest.update(piece)
            target.write(piece)
    item = archive.state.items.get(name)
    if item is not None and item["digest"] != "sha256:" + digest.hexdigest():
        os.unlink(out)
        raise Refused("D1", name, "its digest is wrong")


def survey(source: Source) -> dict[str, Any]:
    """What `batch` says of one file: all that the other commands say."""
    result: dict[str, Any] = {"check": check(source)}
    try:
        archive = open_archive(source)
        result["list"] = listing(archive)
        names = [name for name, item in archive.state.items.items() if "pointer" not in item]
        if archive.state.presentation is not None:
            names.append(archive.state.presentation["name"])
        result["sha256"] = {name: sha256_of(archive, name) for name in names}
    except Refused as refused:
        result["refused"] = str(refused)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="A second reader of the universal media format.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("list", "check", "extract", "batch"):
        commands.add_parser(command).add_argument("path")
    commands.choices["extract"].add_argument("name")
    target = commands.choices["extract"].add_mutually_exclusive_group(required=True)
    target.add_argument("-o", dest="out")
    target.add_argument("--sha256", action="store_true")
    options = parser.parse_args()

    if options.command == "batch":
        for file in sorted(os.listdir(options.path)):
            with open(os.path.join(options.path, file), "rb") as opened:
                print(json.dumps({"file": file, **survey(Source(opened))}))
        return 0
    with open(options.path, "rb") as opened:
        source = Source(opened)
        if options.command == "check":
            verdict = check(source)
            print(json.dumps(verdict, indent=2))
            return 0 if verdict["ok"] else 1
        try:
            archive = open_archive(source)
            if options.command == "list":
                print(json.dumps(listing(archive), indent=2))
            elif options.sha256:
                print(sha256_of(archive, options.name))
            else:
                extract(archive, options.name, options.out)
        except Refused as refused:
            print(json.dumps({"error": {"code": refused.rule, "message": str(refused)}}), file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
