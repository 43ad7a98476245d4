"""Weights of the neural denoiser from the Hugging Face Hub, for whoever names a repository in DENOISER_REPO.

Only a commit can be named: a branch may be another file tomorrow. The file is fetched with one request, without a token
and without telling what else is installed, bounded in size and time, into memory; what has been understood is kept in a
private directory, if there is one, and read from there (or from the Hub's own cache) at later starts.
"""

from __future__ import annotations

import hashlib
import os
import queue
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import runtime_setup

from .weights import MAX_BYTES, Weights, WeightsError, of_bytes, read

VARIABLE = "DENOISER_REPO"
FILE = "denoiser.safetensors"
SILENCE_S = 5.0
"""Longest wait for a connection, and between two pieces of an answer."""

DEADLINE_S = 20.0
"""Longest wait for all of it, whatever keeps it: a name server that is silent has no other limit."""

_PART = r"\w(?:[\w.-]{0,94}\w)?"
_PINNED = re.compile(rf"(?!.*(?:--|\.\.))({_PART}/{_PART})@([0-9a-f]{{40}})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Repository(NamedTuple):
    """owner/name on the Hub, and a commit in full."""

    name: str
    revision: str

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


def configured(environ: Mapping[str, str] | None = None) -> Repository | None:
    """The repository that DENOISER_REPO names, None if it is not set. Raises WeightsError if it names none."""
    text = (os.environ if environ is None else environ).get(VARIABLE, "").strip()
    if not text:
        return None
    match = _PINNED.fullmatch(text)
    if match is None:  # the text is not repeated: it may be an address with a password
        raise WeightsError(f"{VARIABLE} must be owner/name@ and the 40 digits of a commit.")
    return Repository(match[1], match[2])


def load(repository: Repository) -> Weights:
    """The weights in a repository, from this machine if they have been there before. Raises WeightsError."""
    place = runtime_setup.private_directory("weights")
    name = f"{repository.name.replace('/', '--')}@{repository.revision}.safetensors"
    kept = None if place is None else place / name
    for path in _on_this_machine(repository, kept):
        with suppress(WeightsError):  # missing, or damaged: the Hub has it whole
            return read(path, str(repository))
    data = _in_time(repository)
    weights = of_bytes(data, str(repository))
    if kept is not None:
        _keep(kept, data)
    return weights


def _on_this_machine(repository: Repository, kept: Path | None) -> Iterator[Path]:
    """Where the file may lie: where an earlier start has kept it, and where `hf download` puts it."""
    if kept is not None:
        yield kept
    with suppress(Exception):  # a cache that cannot be read, a variable that the library cannot understand
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(repository.name, FILE, revision=repository.revision)
        if isinstance(found, str):
            yield Path(found)


def _keep(path: Path, data: bytes) -> None:
    """Store a file whole or not at all; a full disk costs the next start a download."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    with suppress(OSError):
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _in_time(repository: Repository) -> bytes:
    """The file from the Hub, within DEADLINE_S. Raises WeightsError.

    In a thread that is left behind when it takes longer: no timeout reaches into the resolution of names.
    """
    answer: queue.SimpleQueue[bytes | WeightsError] = queue.SimpleQueue()
    deadline = time.monotonic() + DEADLINE_S

    def fetch() -> None:
        try:
            answer.put(_fetch(repository, deadline))
        except WeightsError as refusal:
            answer.put(refusal)
        except Exception as fault:  # of the network, the library or the answer: to a listener they are all the same
            reason = next(iter(str(fault).splitlines()), "")[:200].rstrip(". ")
            answer.put(WeightsError(f"{repository} cannot be fetched: {type(fault).__name__} ({reason})."))

    threading.Thread(target=fetch, name="weights", daemon=True).start()
    try:
        found = answer.get(timeout=DEADLINE_S)
    except queue.Empty:
        raise _too_slow(repository) from None
    if isinstance(found, WeightsError):
        raise found
    return found


def _fetch(repository: Repository, deadline: float) -> bytes:
    """One request, redirects followed. Raises WeightsError, and whatever the network and the library raise."""
    from huggingface_hub import get_session, hf_hub_url, is_offline_mode

    if is_offline_mode():
        raise WeightsError(f"{repository} is not on this machine, and HF_HUB_OFFLINE is set.")
    url = hf_hub_url(repository.name, FILE, revision=repository.revision)
    headers = {"user-agent": f"ai-speech-enhancement/{runtime_setup.VERSION}", "accept-encoding": "identity"}
    with get_session().stream("GET", url, headers=headers, timeout=SILENCE_S, follow_redirects=True) as answer:
        if answer.status_code in (401, 403, 404):  # 401: the Hub's word for what is missing, or private
            raise WeightsError(f"There is no {FILE} in {repository} that everybody may read.")
        if answer.status_code != 200:
            raise WeightsError(f"{repository} cannot be fetched: the Hub answers {answer.status_code}.")
        said = dict(_said(answer))
        if said.get("x-repo-commit") != repository.revision:  # a branch can be named like a commit
            raise WeightsError(f"{repository} cannot be fetched: the answer is not of that commit.")
        if _number(said.get("x-linked-size") or answer.headers.get("content-length")) > MAX_BYTES:
            raise _too_large(repository)
        data = bytearray()
        for piece in answer.iter_bytes():
            data += piece
            if len(data) > MAX_BYTES:
                raise _too_large(repository)
            if time.monotonic() > deadline:
                raise _too_slow(repository)
    promised = (said.get("x-linked-etag") or said.get("etag") or "").removeprefix("W/").strip('"')
    if _SHA256.fullmatch(promised) and hashlib.sha256(data).hexdigest() != promised:
        raise WeightsError(f"{repository} cannot be fetched: what arrived is not what the Hub announced.")
    return bytes(data)


def _said(answer: Any) -> Iterator[tuple[str, str]]:
    """The headers of an answer and of the redirects before it. The Hub's own, which come first, overrule storage's."""
    for part in (answer, *reversed(answer.history)):
        yield from ((name.lower(), value) for name, value in part.headers.items())


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0


def _too_large(repository: Repository) -> WeightsError:
    return WeightsError(f"{FILE} in {repository} is larger than the {MAX_BYTES // 10**6} MB that weights may have.")


def _too_slow(repository: Repository) -> WeightsError:
    return WeightsError(f"{repository} cannot be fetched: the Hub did not answer within {DEADLINE_S:g} s.")
