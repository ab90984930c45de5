"""Text files: which encoding they are in, how many lines they have, and their lines of bounded length."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, TextIO

from handpicked.tools.errors import DataError

LONGEST_LINE = 1 << 25
"""Characters."""

_CHUNK = 1 << 20
_HEAD = 4096
_SAMPLE = 1 << 18
_HIGH = bytes(range(128, 256))
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_USUAL_CHINESE = re.compile(rb"[\xb0-\xd7\xa1-\xa3][\xa1-\xfe]")
_USUAL_SHARE = 0.7
_OLDER = (
    "big5", "cp932", "euc_jp", "cp949", "gb18030", "koi8_r",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp874",
)  # fmt: skip
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_FORMATS = (
    (b"PAR1", "Parquet; name it .parquet"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook; unpack it, or export the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook; export the sheet as CSV"),
    (b"\x1f\x8b", "packed with gzip; unpack it"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it"),
    (b"SQLite format 3\0", "an SQLite database; export the table as CSV"),
)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of text. `lines` is how many there are; `mark` the length in bytes of its byte order mark.

    `sure` is false when the encoding was told by the bytes' look, or when some of them don't fit it.
    """

    path: Path
    encoding: str
    mark: int
    lines: int
    sure: bool

    def open(self, newline: Literal["", "\n"]) -> TextIO:
        """Open it after its mark; what can't be decoded becomes U+FFFD."""
        raw = self.path.open("rb")
        raw.seek(self.mark)
        return TextIOWrapper(raw, self.encoding, errors="replace", newline=newline)

    def read_lines(self, stream: TextIO) -> Iterator[str]:
        """Give the lines with their ends. Raises `DataError` for one that is no line but a file without any."""
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE), ""), start=1):
            if len(line) == LONGEST_LINE:
                raise DataError(
                    f"{self.path}: line {number} is longer than {LONGEST_LINE:,} characters; write each record "
                    "on a line of its own"
                )
            yield line


def examine(path: Path) -> TextFile:
    """Look through a whole file once. Raises `DataError` for one that is empty or no text."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        mark, encoding = next(((m, name) for m, name in _MARKS if head.startswith(m)), (b"", ""))
        encoding = encoding or _wide_encoding(head)
        if encoding in ("", "utf-8"):
            _check_text(path, head)
        stream.seek(len(mark))
        decoder, fits = getincrementaldecoder(encoding or "utf-8")(), True
        lines, last = 0, b""
        while chunk := stream.read(_CHUNK):
            lines += chunk.count(b"\n")
            last = chunk
            fits = fits and _decodes(decoder, chunk)
        fits = fits and _decodes(decoder, b"", final=True)
    if not last.strip(b"\0 \t\r\n"):
        raise DataError(f"{path}: is empty; it needs a first line and rows")
    lines += not last.endswith(b"\n")
    if not fits and encoding in ("", "utf-8"):
        # Excel puts the mark of UTF-8 before GBK too.
        return TextFile(path, _legacy_encoding(path, len(mark)), len(mark), lines, sure=False)
    sure = fits and (bool(mark) or not encoding)
    return TextFile(path, encoding or "utf-8", len(mark), lines, sure)


def _check_text(path: Path, head: bytes) -> None:
    what = next((what for magic, what in _FORMATS if head.startswith(magic)), None)
    control = len(_CONTROL.findall(head)) > len(head) / 50 or head.count(0) > len(head) / 3
    # A file that a crash cut short may end in many NULs; its lines are text all the same.
    if what is None and control and not _is_text(head.rstrip(b"\0")):
        what = "bytes that no text has; export it as CSV in UTF-8"
    if what:
        raise DataError(f"{path}: is no text file but {what}")


def _is_text(head: bytes) -> bool:
    return b"\n" in head and len(_CONTROL.findall(head)) <= len(head) / 50 and head.count(0) <= len(head) / 3


def _wide_encoding(head: bytes) -> str:
    """Tell UTF-16 without a mark by its names of columns: every second byte of ASCII text is 0."""
    start = head[:16]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if len(start) < 8 or max(even, odd) < len(start) / 2 - 1 or min(even, odd):
        return ""
    return "utf-16-le" if odd else "utf-16-be"


def _decodes(decoder: Any, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(path: Path, mark: int) -> str:
    """Tell an older encoding by the lines that aren't ASCII; most of them in UTF-8 are damaged UTF-8.

    Accented letters stand alone among ASCII ones, Chinese characters have two bytes and the usual ones of
    GB 2312 a range of their own. What is neither is left to charset-normalizer, which needs more text to tell these.
    """
    sample, good = _sample(path, mark)
    high = len(sample) - len(sample.translate(None, _HIGH))
    if 2 * good > high:
        return "utf-8"
    runs = _HIGH_RUN.findall(sample)
    if 2 * sum(len(run) == 1 for run in runs) > len(runs):
        return "cp1252"
    if sum(map(len, _USUAL_CHINESE.findall(b" ".join(runs)))) > _USUAL_SHARE * high:
        return "gb18030"
    from charset_normalizer import from_bytes  # seldom needed, and slow to load

    best = from_bytes(sample, cp_isolation=list(_OLDER)).best()
    return best.encoding if best else "gb18030"


def _sample(path: Path, mark: int) -> tuple[bytes, int]:
    """Give lines that aren't ASCII, and how many bytes beyond ASCII stand in those that are UTF-8."""
    lines: list[bytes] = []
    size = good = 0
    with path.open("rb") as stream:
        stream.seek(mark)
        while size < _SAMPLE and (line := stream.readline(_SAMPLE)):
            if not line.isascii():
                lines.append(line)
                size += len(line)
                if _decodes(getincrementaldecoder("utf-8")(), line, final=True):
                    good += len(line) - len(line.translate(None, _HIGH))
    return b"".join(lines), good
