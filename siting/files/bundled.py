"""Where the bundled instances and base maps are: inside the wheel, or beside the package in a source tree."""

from pathlib import Path

_PACKED = Path(__file__).parent.parent / "_bundled"
_SOURCE = Path(__file__).parent.parent.parent


def instances_folder() -> Path:
    """Folder with one sub-folder per bundled instance."""
    packed = _PACKED / "instances"
    return packed if packed.is_dir() else _SOURCE / "instances"


def maps_folder() -> Path:
    """Folder with the bundled base maps (GeoJSON)."""
    packed = _PACKED / "maps"
    return packed if packed.is_dir() else _SOURCE / "maps" / "base"
