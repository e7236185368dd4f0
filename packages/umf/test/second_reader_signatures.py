"""Signatures of an archive (SPEC.md: Signatures), checked without a network; whom to trust is not said here."""

import base64
import binascii
import hashlib
import re
from typing import Any, Iterator

from second_reader_archive import Archive
from second_reader_boxes import MAX_SIGNATURE, MAX_SIGNATURES, Box, Refused, boxes, integer, parse_json

SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410
SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # RFC 5480, an uncompressed point

P25519 = 2**255 - 19
L25519 = 2**252 + 27742317777372353535851937790883648493
D25519 = -121665 * pow(121666, -1, P25519) % P25519
Point = tuple[int, int, int, int]  # extended coordinates, RFC 8032 §5.1.4


def edwards_add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P25519
    b = (p[1] + p[0]) * (q[1] + q[0]) % P25519
    c = 2 * p[3] * q[3] * D25519 % P25519
    d = 2 * p[2] * q[2] % P25519
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P25519, g * h % P25519, f * g % P25519, e * h % P25519


def edwards_times(scalar: int, point: Point) -> Point:
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = edwards_add(result, point)
        point, scalar = edwards_add(point, point), scalar >> 1
    return result


def edwards_point(data: bytes) -> Point | None:
    """RFC 8032 §5.1.3"""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P25519:
        return None
    squared = (y * y - 1) * pow(D25519 * y * y + 1, -1, P25519) % P25519
    x = pow(squared, (P25519 + 3) // 8, P25519)
    if (x * x - squared) % P25519 != 0:
        x = x * pow(2, (P25519 - 1) // 4, P25519) % P25519
    if (x * x - squared) % P25519 != 0 or (x == 0 and sign == 1):
        return None
    x = P25519 - x if x & 1 != sign else x
    return x, y, 1, x * y % P25519


B25519 = edwards_point(bytes([0x58] + [0x66] * 31))


def ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 §5.1.7"""
    if not key.startswith(SPKI_ED25519) or len(key) != len(SPKI_ED25519) + 32 or len(signature) != 64:
        return False
    public = edwards_point(key[-32:])
    r = edwards_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or r is None or s >= L25519:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key[-32:] + message).digest(), "little") % L25519
    left, right = edwards_times(s, B25519), edwards_add(r, edwards_times(k, public))
    return all((left[i] * right[2] - right[i] * left[2]) % P25519 == 0 for i in (0, 1))


P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B256 = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G256 = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Affine = tuple[int, int] | None  # None is the point at infinity


def p256_add(p: Affine, q: Affine) -> Affine:
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P256 == 0:
            return None
        slope = 3 * (p[0] * p[0] - 1) * pow(2 * p[1], -1, P256) % P256  # a is -3
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P256) % P256
    x = (slope * slope - p[0] - q[0]) % P256
    return x, (slope * (p[0] - x) - p[1]) % P256


def p256_times(scalar: int, point: Affine) -> Affine:
    result: Affine = None
    while scalar > 0:
        if scalar & 1:
            result = p256_add(result, point)
        point, scalar = p256_add(point, point), scalar >> 1
    return result


def ecdsa_p256_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """FIPS 186-5 §6.4.2"""
    if not key.startswith(SPKI_P256) or len(key) != len(SPKI_P256) + 64 or len(signature) != 64:
        return False
    public = int.from_bytes(key[-64:-32], "big"), int.from_bytes(key[-32:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    on_curve = max(public) < P256 and (public[1] ** 2 - public[0] ** 3 + 3 * public[0] - B256) % P256 == 0
    if not on_curve or not 0 < r < N256 or not 0 < s < N256:
        return False
    inverse = pow(s, -1, N256)
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    point = p256_add(p256_times(digest * inverse % N256, G256), p256_times(r * inverse % N256, public))
    return point is not None and point[0] % N256 == r


ALGORITHMS = {"ed25519": ed25519_holds, "ecdsa-p256-sha256": ecdsa_p256_holds}

# [S1, S2, Bounds]
TEXTS = {
    "signer": re.compile(r"[^\x00-\x1f\x7f]{1,1000}"),
    "algorithm": re.compile("|".join(ALGORITHMS)),
    "key": re.compile(r"[A-Za-z0-9+/=]{0,2000}"),
    "time": re.compile(r"[^\x00-\x1f\x7f]{1,64}"),
    "root": re.compile(r"[0-9a-f]{64}"),
    "signature": re.compile(r"[A-Za-z0-9+/=]{0,2000}"),
}


def signature_boxes(archive: Archive) -> Iterator[tuple[Box, dict[str, Any] | None]]:
    """[S1] Each `umfs` between the index and its footer, with its object, or None where it is altered."""
    index = archive.state.index
    if index is None:
        return
    count = 0
    for box in boxes(archive.source, index.anchor.index_end, index.anchor.end):
        if box.type == b"umfs":
            count += 1
            if count > MAX_SIGNATURES:
                raise Refused("Bounds", "umfs", f"more than {MAX_SIGNATURES} signatures")
            yield box, read_signature(archive, box)


def read_signature(archive: Archive, box: Box) -> dict[str, Any] | None:
    length = box.size - box.header
    if box.header != 8 or length < 34 or box.size > MAX_SIGNATURE:
        return None
    payload = archive.source.at(box.payload, length)
    if hashlib.sha256(payload[:-32]).digest() != payload[-32:]:
        return None
    try:
        signature = parse_json(payload[:-32], "umfs")
    except Refused:
        return None
    for member, form in TEXTS.items():
        if not isinstance(signature.get(member), str) or form.fullmatch(signature[member]) is None:
            return None
    return signature if integer(signature.get("generation"), 1) is not None else None


def signatures(archive: Archive) -> list[dict[str, Any]]:
    """[S3] Those of this very state, each with whether it holds: records since the index leave it without any."""
    if archive.state.records:
        return []
    found = [signature for _, signature in signature_boxes(archive) if signature is not None]
    return [{**signature, "holds": signature_holds(signature, archive)} for signature in found]


def signature_holds(signature: dict[str, Any], archive: Archive) -> bool:
    """[S2, S3]"""
    generation = archive.state.index.description["generation"]
    root = archive.state.root.hex()
    if signature["root"] != root or signature["generation"] != generation:
        return False
    lines = ("umf signature 1", archive.head.uuid, str(generation), root, signature["time"], signature["signer"])
    try:
        message = "".join(line + "\n" for line in lines).encode("utf-8")
        key, value = (base64.b64decode(signature[member], validate=True) for member in ("key", "signature"))
    except (ValueError, binascii.Error):
        return False
    return ALGORITHMS[signature["algorithm"]](key, message, value)
