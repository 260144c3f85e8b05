"""The fingerprint of ``result.json``: a file that was changed after the run is no longer what the run said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "result_sha256"
"""Key of the fingerprint in the document."""


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with its fingerprint as the last entry.

    Parameters
    ----------
    document : mapping
        In types that JSON knows; an earlier fingerprint is replaced.
    """
    return {**{key: value for key, value in document.items() if key != SEAL}, SEAL: fingerprint(document)}


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 of all that a document says but its own fingerprint; how it is laid out in the file does not count."""
    said = {key: value for key, value in document.items() if key != SEAL}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
