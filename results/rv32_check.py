"""Checks what the images of the embedded target computed, independently of them: against the
host's own libsodium and zlib, and lwIP's frames against the protocols' rules."""

import ctypes
import ctypes.util
import functools
import struct
import zlib

import input_files

MASK = (1 << 64) - 1


class Wrong(Exception):
    """What a case computed wrongly, as a sentence."""


def random_bytes(state, size):
    """bench/harness/random.c: the low bytes of SplitMix64. Returns (state, bytes)."""
    made = bytearray()
    for _ in range(size):
        state = (state + 0x9e3779b97f4a7c15) & MASK
        mixed = ((state ^ (state >> 30)) * 0xbf58476d1ce4e5b9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94d049bb133111eb) & MASK
        made.append((mixed ^ (mixed >> 31)) & 0xff)
    return state, bytes(made)


@functools.lru_cache(maxsize=None)
def sodium_input(size):
    """The nonce, key and message of workloads/sodium/sodium.c."""
    state, nonce = random_bytes(1, 24)
    state, key = random_bytes(state, 32)
    return nonce, key, random_bytes(state, size)[1]


@functools.lru_cache(maxsize=None)
def libsodium():
    """The host's libsodium; None where there is none."""
    name = ctypes.util.find_library("sodium")
    return ctypes.CDLL(name) if name else None


def sodium_output(operation, size):
    """What the host's libsodium computes for the case."""
    library, (nonce, key, message) = libsodium(), sodium_input(size)
    length = ctypes.c_ulonglong(size)
    out = ctypes.create_string_buffer({"sha256": 32, "sha512": 64, "blake2b": 32,
                                       "hmac-sha256": 32}.get(operation, size + 16))
    if operation == "sha256":
        library.crypto_hash_sha256(out, message, length)
    elif operation == "sha512":
        library.crypto_hash_sha512(out, message, length)
    elif operation == "blake2b":
        library.crypto_generichash(out, ctypes.c_size_t(32), message, length, None,
                                   ctypes.c_size_t(0))
    elif operation == "hmac-sha256":
        library.crypto_auth_hmacsha256(out, message, length, key)
    elif operation == "secretbox-seal":
        library.crypto_secretbox_easy(out, message, length, nonce, key)
    elif operation == "secretbox-open":
        return message
    else:
        raise Wrong(f"the host does not know what sodium/{operation} is to compute")
    return out.raw


def check_sodium(case):
    """Equal to the host's libsodium, bit by bit."""
    if libsodium() is None:
        raise Wrong("the host has no libsodium to compare with: install libsodium23")
    if case.output != sodium_output(case.operation, case.size):
        raise Wrong(f"{case.name()}: the host's libsodium computes something else")


@functools.lru_cache(maxsize=None)
def zlib_input(kind, size):
    """The beginning of the workload's input file, repeated if it is shorter."""
    for listed, _, path, _ in input_files.listed("zlib"):
        if listed == kind:
            with open(path, "rb") as file:
                content = file.read(size)
            return (content * (size // max(1, len(content)) + 1))[:size]
    raise Wrong(f"inputs.list has no input of the kind {kind}")


def check_zlib(case):
    """Inflated it is the input; what was deflated, the host's zlib inflates to the input."""
    plain = zlib_input("binary" if case.operation.endswith("binary") else "text", case.size)
    output = case.output
    if case.operation.startswith("deflate"):
        try:
            output = zlib.decompress(output)
        except zlib.error as error:
            raise Wrong(f"{case.name()}: the host's zlib cannot inflate it: {error}") from None
    if output != plain:
        raise Wrong(f"{case.name()}: it is not the input that comes out")


def checksum(data):
    """The internet checksum over the data is 0 if the checksum in it is right."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def split_frames(case):
    """[(protocol, segment with its header)] of the frames in the output, one after another.
    Ethernet frames do not say where they end: the packet in them does, and short ones may be
    padded."""
    frames, data = [], case.output
    while data:
        kind = struct.unpack("!H", data[12:14])[0]
        if data[:6] != b"\2\0\0\0\0\1" or data[6:12] != b"\2\0\0\0\0\2":
            raise Wrong(f"{case.name()}: a frame that is not from the node to its peer")
        if kind == 0x0806:
            frames.append(("arp", data[14:42]))
            data = data[42:].lstrip(b"\0")
            continue
        length = struct.unpack("!H", data[16:18])[0]
        packet = data[14:14 + length]
        if kind != 0x0800 or packet[0] != 0x45 or packet[12:20] != bytes((10, 0, 0, 2, 10, 0, 0, 1)):
            raise Wrong(f"{case.name()}: a packet that is not from the node to its peer")
        body = packet[20:]
        pseudo = packet[12:20] + struct.pack("!HH", packet[9], len(body))
        if checksum(body if packet[9] == 1 else pseudo + body):
            raise Wrong(f"{case.name()}: a checksum is wrong")
        frames.append(({1: "icmp", 6: "tcp", 17: "udp"}[packet[9]], body))
        data = data[14 + length:]
        if len(data) and length < 46 and data.startswith(b"\0" * (46 - length)):
            data = data[46 - length:]
    return frames


def check_lwip(case):
    """The frames that an exchange has to bring, with the payload in them."""
    payload = bytes(i & 0xff for i in range(case.size))
    frames = split_frames(case)
    kinds = [kind for kind, _ in frames]
    right = False
    if case.operation == "arp":
        right = kinds == ["arp"] and frames[0][1][6:18] == bytes((0, 2, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2))
    elif case.operation == "icmp-echo":
        right = kinds == ["icmp"] and frames[0][1][0] == 0 and frames[0][1][8:] == payload
    elif case.operation == "udp-echo":
        right = kinds == ["udp"] and frames[0][1][8:] == payload
    elif case.operation == "tcp-echo":
        flags = [body[13] & 0x17 for _, body in frames]
        echoed = b"".join(body[4 * (body[12] >> 4):] for _, body in frames)
        right = set(kinds) == {"tcp"} and flags[0] == 0x12 and flags[-1] & 1 and echoed == payload
    if not right:
        raise Wrong(f"{case.name()}: the frames that come out are {', '.join(kinds) or 'none'}, and "
                    "not what the exchange has to bring")


CHECKS = {"sodium": check_sodium, "zlib": check_zlib, "lwip": check_lwip}


def check(case):
    """Raises Wrong if the case's output is not what it has to be by somebody else's account."""
    if case.workload in CHECKS:
        CHECKS[case.workload](case)

