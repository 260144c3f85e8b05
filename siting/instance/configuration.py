"""``instance.toml`` and the settings that the command line changes, to :class:`Settings`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from siting.errors import Fault, Sentence
from siting.files.bundled import maps_folder
from siting.files.reading import SETTINGS_MOST, is_inner_name
from siting.instance.files import decode
from siting.instance.folder import FILE, contents, is_own, names_in, text_faults
from siting.instance.rows import explain
from siting.instance.suggest import did_you_mean
from siting.problem.settings import Settings

OVERRIDES = "--set"


def read_settings(folder: Path, overrides: Mapping[str, Any]) -> tuple[Settings | None, list[Fault]]:
    """Read ``instance.toml``, apply the overrides and validate.

    Parameters
    ----------
    folder : Path
        Folder of the instance.
    overrides : mapping
        ``section.key`` to value; text is parsed as TOML.
    """
    if FILE not in names_in(folder):
        # What has nearly its name is reported with the tables.
        return None, [Fault(FILE, "The file is missing.", "Add instance.toml; see the format.")]
    data = contents(folder, FILE, SETTINGS_MOST)
    text = data if isinstance(data, Fault) else decode(data, FILE)
    if isinstance(text, Fault):
        return None, [text]
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        rule = Sentence("This is not valid TOML: {error}.", error=error)
        place = re.search(r"\(at line (\d+)", str(error))
        row = None if place is None else int(place[1])
        return None, [Fault(FILE, rule, "Correct that line; text needs quotation marks.", row)]
    except (ValueError, RecursionError):
        # An integer of thousands of digits, or thousands of brackets.
        rule = Sentence("A value is too long or too deeply nested to be read.")
        return None, [Fault(FILE, rule, "Write a shorter one.")]
    faults = []
    for name, value in overrides.items():
        faults += _override(document, name, value)
    faults += text_faults(FILE, None, _texts(document))
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        return None, faults + [_fault(problem, overrides) for problem in error.errors()]
    return settings, faults + _year(settings, overrides) + _base_map(folder, settings, overrides)


def setting_names() -> list[str]:
    """Every ``section.key`` of ``instance.toml``."""
    return [
        f"{section}.{key}"
        for section, info in Settings.model_fields.items()
        for key in _model(info.annotation).model_fields
    ]


def _override(document: dict[str, Any], name: str, value: Any) -> list[Fault]:
    section, _, key = name.partition(".")
    if name not in setting_names():
        remedy = did_you_mean(name, setting_names(), limit=40)
        return [Fault(OVERRIDES, "There is no such setting.", remedy, column=name, value=str(value))]
    if isinstance(value, str):
        try:
            parsed = tomllib.loads(f"value = {value}")
        except (ValueError, RecursionError):
            parsed = {}
        if list(parsed) != ["value"]:
            rule = "The value is not valid TOML."
            return [Fault(OVERRIDES, rule, """Write a number, true, false or '"text"'.""", column=name, value=value)]
        value = parsed["value"]
    if isinstance(document.setdefault(section, {}), dict):
        document[section][key] = value
    return []


def _texts(part: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document, by its place."""
    if isinstance(part, str):
        yield name, part
    elif isinstance(part, (dict, list)):
        for key, item in part.items() if isinstance(part, dict) else enumerate(part, start=1):
            yield from _texts(item, f"{name}.{key}" if name else str(key))


def _model(annotation: Any) -> type[BaseModel]:
    return next(_models(annotation))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type is made of: itself, or the items of a list."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def _fault(error: Any, overrides: Mapping[str, Any]) -> Fault:
    """One error of pydantic as a fault; list items count from one."""
    where = error["loc"]
    parent: type[BaseModel] = Settings
    for part in where[:-1]:
        if isinstance(part, str) and part in parent.model_fields:
            # A list of names has no model of its own.
            parent = next(_models(parent.model_fields[part].annotation), parent)
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
    file = OVERRIDES if ".".join(map(str, where[:2])) in overrides else FILE
    if error["type"] == "extra_forbidden":
        remedy = did_you_mean(str(where[-1]), parent.model_fields)
        return Fault(file, "There is no such section or key.", remedy, column=name)
    if error["type"] == "missing":
        info = parent.model_fields[str(where[-1])]
        about = info.description or f"a section with {', '.join(_model(info.annotation).model_fields)}"
        return Fault(file, "This is required and missing.", Sentence("Add it: {about}", about=about), column=name)
    rule, remedy = explain(error, parent)
    return Fault(file, rule, remedy, column=name, value=str(error["input"]))


def _year(settings: Settings, overrides: Mapping[str, Any]) -> list[Fault]:
    start = settings.instance.start
    if (start.month, start.day) == (1, 1) or settings.instance.hourly == "folder":
        return []
    file = OVERRIDES if "instance.start" in overrides else FILE
    rule, remedy = (
        "The hourly series of RTS-GMLC begin on 1 January.",
        Sentence("Write {year}-01-01.", year=start.year),
    )
    return [Fault(file, rule, remedy, column="instance.start", value=str(start))]


def base_map_path(name: str, folder: Path | None) -> Path | None:
    """Where a base map is: a file in the instance folder, or a bundled one with or without its ending; no other."""
    if not is_inner_name(name):
        return None
    places = [] if folder is None or not is_own(folder, folder / name) else [folder / name]
    places += [maps_folder() / name, maps_folder() / f"{name}.geojson"]
    return next((place for place in places if place.is_file()), None)


def _base_map(folder: Path, settings: Settings, overrides: Mapping[str, Any]) -> list[Fault]:
    name = settings.instance.base_map
    if not name or base_map_path(name, folder) is not None:
        return []
    file = OVERRIDES if "instance.base_map" in overrides else FILE
    if not is_inner_name(name) or not is_own(folder, folder / name):
        rule, remedy = (
            "A base map is a bundled one or a file in the instance folder, and no other.",
            "Put the file into the folder, or give it with --base.",
        )
        return [Fault(file, rule, remedy, column="instance.base_map", value=name)]
    remedy = did_you_mean(name, sorted(path.stem for path in maps_folder().glob("*.geojson")))
    rule = "There is no such base map, bundled or in the instance folder."
    return [Fault(file, rule, remedy, column="instance.base_map", value=name)]
