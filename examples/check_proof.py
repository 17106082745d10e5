#!/usr/bin/env python3
"""Checks a congbo proof of a file, a tile or a price row: check_proof.py PROOF.json PUBLISHER.pub [FILE]

Needs no congbo, no edition and no network: the standard library, and PyNaCl for Ed25519. The format is described in
src/release/proof.rs. Exit 0 and one line when the proof holds, 1 and the reason when it does not.
"""
import base64
import gzip
import hashlib
import json
import pathlib
import re
import sys

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey


def climb(leaf, index, count, beside):
    """The root of a tree of `count` entries in which `leaf` is number `index` (RFC 9162, 2.1.3.2)."""
    node = lambda left, right: hashlib.sha256(b"\x01" + left + right).digest()
    found, last = hashlib.sha256(b"\x00" + leaf.encode()).digest(), count - 1
    for other in map(bytes.fromhex, beside):
        assert last > 0, "the path is too long"
        if index % 2 or index == last:
            found = node(other, found)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            found = node(found, other)
        index, last = index // 2, last // 2
    assert last == 0, "the path is too short"
    return found.hex()


def signed_comment(signature, public):
    """The trusted comment of a minisign signature, when the key's holder wrote it."""
    _, first, comment, second = signature.splitlines()
    first, key = base64.b64decode(first), base64.b64decode(public.splitlines()[1])
    assert first[:2] == b"ED" and key[:2] == b"Ed" and first[2:10] == key[2:10], "signed by another key"
    comment = comment.removeprefix("trusted comment: ")
    VerifyKey(key[10:]).verify(first[10:] + comment.encode(), base64.b64decode(second))
    return comment


def check(proof, public, plain):
    assert proof["format"] == "congbo-proof-1", "another format"
    file, part = proof["file"], proof.get("part")
    leaf = f"{file['path']}\0{file['sha256']}"
    if parts := file.get("parts"):
        leaf += f"\0{parts['kind']}\0{parts['count']}\0{parts['root']}"
    assert hashlib.sha256(plain).hexdigest() == (part or file)["sha256"], "not the bytes that the proof is about"
    if part:
        root = climb(f"{part['name']}\0{part['sha256']}", part["index"], parts["count"], part["beside"])
        assert root == parts["root"], "not of this file"
    comment = signed_comment(proof["signature"], public)
    signed = dict(re.findall(r"(\w+)=(\S+)", comment))
    assert climb(leaf, file["index"], file["count"], file["beside"]) == signed["root"], "not of this edition"
    return f"{file['path']} {part['name'] if part else ''}: edition {signed['edition']}, valid until {signed['expires']}"


if __name__ == "__main__":
    proof, public = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]).read_text()
    text = (proof.get("part") or {}).get("text", "").encode()
    plain = pathlib.Path(sys.argv[3]).read_bytes() if len(sys.argv) > 3 else text
    try:
        print(check(proof, public, gzip.decompress(plain) if plain[:2] == b"\x1f\x8b" else plain))
    except (AssertionError, BadSignatureError, KeyError, ValueError) as problem:
        sys.exit(f"refused: {problem}")
