"""A GGUF file's weights and vocabulary through llama.cpp's C interface, shared by any number of contexts."""

from __future__ import annotations

import ctypes
import logging
import os
import re
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from handpicked.tools.errors import ModelError

_MAGIC = b"GGUF"
_ERROR_LEVEL = 4
_PIECE_BYTES = 512
_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_FIX = (
    "run `handpicked assets fetch` (it replaces a damaged asset) or download the file again, or set HANDPICKED_MODEL "
    "to another .gguf file, to openai:NAME, or to none"
)
_log = logging.getLogger(__name__)
_lock = threading.Lock()
_errors: list[str] = []
_ready: list[Any] = []


def llama() -> Any:
    """Give llama.cpp's C bindings, loaded once, with its log sent to `logging` instead of stderr.

    Raises ModelError when llama-cpp-python is not installed or doesn't load.
    """
    with _lock:
        if not _ready:
            _ready.extend(_load())
    return _ready[0]


def check(path: Path) -> None:
    """Raise ModelError when the path can't be a model: missing, not a GGUF file by its first bytes, or larger than
    this machine's memory (llama.cpp would load it, and read it from disk again for every token)."""
    if not path.exists():
        raise ModelError(f"model file {path} doesn't exist; {_FIX}")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as err:
        raise ModelError(f"model file {path} can't be read ({err.strerror}); {_FIX}") from err
    if magic != _MAGIC:
        raise ModelError(f"{path} is not a GGUF file (it starts with {magic!r}, not {_MAGIC!r}); {_FIX}")
    size, room = path.stat().st_size, memory()
    if size > room:
        raise ModelError(
            f"{path} has {size / 1e9:.1f} GB and the memory here is {room / 1e9:.1f} GB: take a smaller model or a "
            "stronger quantization, or set HANDPICKED_MODEL to openai:NAME, or to none"
        )


def memory() -> int:
    """Give the bytes of memory that this machine, or the container around this process, has."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CONTAINER_LIMITS:
        if path.exists() and (text := path.read_text().strip()).isdigit():
            limits.append(int(text))
    return min(limits)


class Weights:
    """A loaded model file: vocabulary, chat template, weights. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        check(path)
        self.path = path
        self._lib = llama()
        _errors.clear()
        params = self._lib.llama_model_default_params()
        params.n_gpu_layers = 0
        self.handle: Any = self._lib.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            reason = (
                _errors[0] if _errors else "llama.cpp gives no reason"
            )  # what comes later follows from it
            raise ModelError(f"{path} can't be loaded as a GGUF model ({reason}); {_FIX}")
        self.vocab: Any = self._lib.llama_model_get_vocab(self.handle)
        self.size: int = self._lib.llama_vocab_n_tokens(self.vocab)
        self.trained_context: int = self._lib.llama_model_n_ctx_train(self.handle)
        self._pieces: dict[int, bytes] = {}

    @property
    def name(self) -> str:
        return self.path.stem

    @cached_property
    def template(self) -> str | None:
        """The file's own chat template (Jinja), if it has one."""
        raw: bytes | None = self._lib.llama_model_chat_template(self.handle, None)
        return raw.decode() if raw else None

    @cached_property
    def bos(self) -> str:
        return self._text(self._lib.llama_vocab_bos(self.vocab))

    @cached_property
    def eos(self) -> str:
        return self._text(self._lib.llama_vocab_eos(self.vocab))

    @cached_property
    def control(self) -> re.Pattern[str]:
        """Matches the text of any control token, so that nobody's words can pass for one."""
        texts = {self._text(token) for token in range(self.size) if self._is_control(token)}
        return re.compile(
            "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True) if text) or r"(?!)"
        )

    @cached_property
    def grammar_tokens(self) -> Any:
        """The vocabulary as llguidance wants it; some 0.3 s for 49,000 tokens, so made at the first use."""
        tokenizer: Any = import_module("llguidance._lib").LLTokenizer
        lib: Any = import_module("llama_cpp").llama_cpp._lib
        return tokenizer.from_llamacpp(
            tokens=[self._grammar_piece(token) for token in range(self.size)],
            vocab_ptr=self.vocab,
            tokenize_fptr=ctypes.cast(lib.llama_tokenize, ctypes.c_void_p).value,
            eos_token=self._lib.llama_vocab_eos(self.vocab),
            slices=None,
        )

    def tokenize(self, text: str) -> list[int]:
        """Give a rendered prompt's tokens; control tokens written out in it count as such."""
        raw = text.encode("utf-8", "replace")
        begin = self._lib.llama_vocab_get_add_bos(self.vocab) and not (self.bos and text.startswith(self.bos))
        room = len(raw) + 8
        tokens = (self._lib.llama_token * room)()
        count: int = self._lib.llama_tokenize(self.vocab, raw, len(raw), tokens, room, begin, True)
        if count < 0:
            raise ModelError(f"{self.name} can't split a text of {len(text)} characters into tokens")
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """Give a token's bytes; a control token has none. A character may be spread over several tokens."""
        if token not in self._pieces:
            self._pieces[token] = self._piece(token, special=False)
        return self._pieces[token]

    def ends(self, token: int) -> bool:
        """Tell whether the model says with this token that it is done."""
        return bool(self._lib.llama_vocab_is_eog(self.vocab, token))

    def single(self, text: str) -> bool:
        """Tell whether this text is one token of its own in the vocabulary."""
        return text.encode() in {self._piece(token, special=True) for token in self.tokenize(text)[-1:]}

    def _text(self, token: int) -> str:
        raw = self._lib.llama_vocab_get_text(self.vocab, token) if token >= 0 else b""
        return raw.decode("utf-8", "replace")

    def _is_control(self, token: int) -> bool:
        return bool(self._lib.llama_vocab_get_attr(self.vocab, token) & self._lib.LLAMA_TOKEN_ATTR_CONTROL)

    def _grammar_piece(self, token: int) -> bytes:
        piece = self._piece(token, special=True)
        attr = self._lib.llama_vocab_get_attr(self.vocab, token)
        named = attr & self._lib.LLAMA_TOKEN_ATTR_USER_DEFINED and piece[:1] == b"<" and piece[-1:] == b">"
        return b"\xff" + piece if named or attr & self._lib.LLAMA_TOKEN_ATTR_CONTROL else piece

    def _piece(self, token: int, *, special: bool) -> bytes:
        buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        count: int = self._lib.llama_token_to_piece(self.vocab, token, buffer, _PIECE_BYTES, 0, special)
        return buffer.raw[: max(count, 0)]


def _load() -> Sequence[Any]:
    try:
        lib: Any = import_module("llama_cpp.llama_cpp")
    except (ImportError, OSError, RuntimeError) as err:
        raise ModelError(
            f"llama-cpp-python can't be loaded ({err}); install it with `pip install llama-cpp-python==0.3.36`"
        ) from err
    callback = lib.llama_log_callback(_to_log)
    lib.llama_log_set(callback, None)
    lib.llama_backend_init()
    return lib, callback  # the callback must outlive the library's use of it


def _to_log(level: int, text: bytes, _: object) -> None:
    line = text.decode("utf-8", "replace").strip()
    if level == _ERROR_LEVEL and line:
        _errors.append(line)
        del _errors[:-8]
    if line:
        _log.debug("llama.cpp: %s", line)
