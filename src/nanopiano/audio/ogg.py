"""Makes OGG files of the same sound the same bytes: their streams are numbered at random by who writes them."""

import struct
import zlib

SERIAL = b"nano"  # any number does in a file of one stream
HEADER = struct.Struct("<4sBBq4sIIB")  # magic, version, kind, position, serial, page, checksum, segments
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_constant_serial(data: bytes) -> bytes:
    """Return an OGG file of one stream with the serial number `SERIAL` (RFC 3533, section 6)."""
    pages, start = bytearray(data), 0
    while start < len(pages):
        magic, *facts, _, number, _, segments = HEADER.unpack_from(pages, start)
        body = start + HEADER.size + segments
        end = body + sum(pages[start + HEADER.size : body])
        HEADER.pack_into(pages, start, magic, *facts, SERIAL, number, 0, segments)
        HEADER.pack_into(pages, start, magic, *facts, SERIAL, number, checksum(bytes(pages[start:end])), segments)
        start = end
    return bytes(pages)


def checksum(page: bytes) -> int:
    """Return the checksum of a page whose checksum field is 0: zlib's polynomial, bits the other way round, from 0."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
