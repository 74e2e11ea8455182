"""Reads a QR code of version 4 with error correction M by ISO/IEC 18004: what a camera would make of it."""

import re
import struct
import zlib

SIZE, QUIET = 33, 4
BLOCKS, DATA = 2, 32
"""A code of this kind has two blocks of 32 bytes of data, byte by byte in turn; what corrects errors follows."""
_FORMAT_MASK, _LEVEL_M = 0b101010000010010, 0b00
_MASKS = (lambda r, c: (r + c) % 2, lambda r, c: r % 2, lambda r, c: c % 3, lambda r, c: (r + c) % 3,
          lambda r, c: (r // 2 + c // 3) % 2, lambda r, c: r * c % 2 + r * c % 3,
          lambda r, c: (r * c % 2 + r * c % 3) % 2, lambda r, c: ((r + c) % 2 + r * c % 3) % 2)
Modules = list[list[bool]]


def of_png(picture: bytes) -> Modules:
    """The modules of a picture in black and white, quiet zone and all, with square modules of whole pixels."""
    width, _, depth, colours = struct.unpack(">IIBB", picture[16:26])
    assert (depth, colours) in ((1, 0), (1, 3)), "one bit a pixel"
    data = b"".join(picture[match.end():match.end() + int.from_bytes(picture[match.start() - 4:match.start()])]
                    for match in re.finditer(b"IDAT", picture))
    line, raw = (width + 7) // 8 + 1, zlib.decompress(data)
    side = width // (SIZE + 2 * QUIET)
    assert side * (SIZE + 2 * QUIET) == width
    rows, above = [], bytes(line - 1)
    for number in range(width):
        filter, own = raw[number * line], raw[number * line + 1:(number + 1) * line]
        assert filter in (0, 2)
        above = own if filter == 0 else bytes((a + b) % 256 for a, b in zip(own, above, strict=True))
        rows.append(above)
    white = rows[0][0] >> 7  # the quiet zone
    return [[(rows[y * side + side // 2][(x * side + side // 2) // 8] >> (7 - (x * side + side // 2) % 8)) & 1 != white
             for x in range(SIZE + 2 * QUIET)] for y in range(SIZE + 2 * QUIET)]


def of_svg(picture: str) -> Modules:
    """The modules of a drawing of horizontal strokes, one module wide."""
    whole = SIZE + 2 * QUIET
    assert f'viewBox="0 0 {whole} {whole}"' in picture
    [path] = re.findall(r'<path[^>]*stroke[^>]*\sd="([^"]*)"|<path[^>]*\sd="([^"]*)"[^>]*stroke', picture)
    found, x, y = [[False] * whole for _ in range(whole)], 0.0, 0.0
    for verb, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path[0] or path[1]):
        if verb == "h":
            for place in range(int(x), int(x + float(first))):
                found[int(y)][place] = True
            x += float(first)
        else:
            x, y = (float(first) + (x if verb == "m" else 0), float(second) + (y if verb == "m" else 0))
    return found


def read(found: Modules) -> str:
    """The text of a code; fails when it has no quiet zone, no finder patterns, or another level than M."""
    edge = {*range(QUIET), *range(SIZE + QUIET, SIZE + 2 * QUIET)}
    assert not any(dark for y, row in enumerate(found) for x, dark in enumerate(row) if x in edge or y in edge)
    code = [row[QUIET:-QUIET] for row in found[QUIET:-QUIET]]
    for top, left in ((0, 0), (0, SIZE - 7), (SIZE - 7, 0)):
        assert all(code[top + r][left + c] == (max(abs(r - 3), abs(c - 3)) != 2) for r in range(7) for c in range(7))
    said = [code[8][c] for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [code[r][8] for r in (7, 5, 4, 3, 2, 1, 0)]
    format = int("".join("01"[bit] for bit in said), 2) ^ _FORMAT_MASK
    assert format >> 13 == _LEVEL_M
    mask = _MASKS[format >> 10 & 7]
    bits = [code[r][c] ^ (mask(r, c) == 0) for r, c in _way()]
    words = [int("".join("01"[bit] for bit in bits[at:at + 8]), 2) for at in range(0, BLOCKS * DATA * 8, 8)]
    data = [words[place * BLOCKS + block] for block in range(BLOCKS) for place in range(DATA)]
    stream = "".join(f"{word:08b}" for word in data)
    assert stream[:4] == "0100", "bytes"
    length = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * at:20 + 8 * at], 2) for at in range(length)).decode()


def _way() -> list[tuple[int, int]]:
    """The modules that carry data, in the order of their bits: up and down in pairs of columns from the right."""
    way, upward = [], True
    for right in (*range(SIZE - 1, 7, -2), 5, 3, 1):
        for r in range(SIZE - 1, -1, -1) if upward else range(SIZE):
            way += [(r, c) for c in (right, right - 1) if not _fixed(r, c)]
        upward = not upward
    return way


def _fixed(r: int, c: int) -> bool:
    """Whether a module belongs to a pattern or to the format."""
    corner = (r < 9 and (c < 9 or c >= SIZE - 8)) or (r >= SIZE - 8 and c < 9)
    return corner or r == 6 or c == 6 or (24 <= r <= 28 and 24 <= c <= 28)
