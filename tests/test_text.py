"""Both languages say the same things, and say everything that the program asks them to."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import siting
from siting.cli.language import asked_language, language
from siting.locale import LANGUAGES, Text, messages

PACKAGE = Path(siting.__file__).parent


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_same_keys_and_same_places() -> None:
    english, chinese = messages("en"), messages("zh")
    assert {s: set(v) for s, v in english.items()} == {s: set(v) for s, v in chinese.items()}
    for section, sentences in english.items():
        for name, sentence in sentences.items():
            assert places(sentence) == places(chinese[section][name]), f"{section}.{name}"


def test_chinese_is_chinese() -> None:
    same = {
        f"{section}.{name}"
        for section, sentences in messages("en").items()
        for name, sentence in sentences.items()
        if sentence == messages("zh")[section][name]
    }
    assert same <= {"fact.eflops", "fact.carbon", "quantity.pue", "value.percent"}


def test_every_sentence_that_the_code_asks_for_exists_and_gets_its_values() -> None:
    calls = 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if called != "say" or not isinstance(first, ast.Constant):
                continue
            calls += 1
            section, name = str(first.value).split(".", 1)
            given = {keyword.arg for keyword in node.keywords}
            assert name in messages("en")[section], f"{path.name}:{node.lineno}"
            if None not in given:
                assert places(messages("en")[section][name]) == given, f"{path.name}:{node.lineno} {first.value}"
    assert calls > 30


def test_every_sentence_is_asked_for() -> None:
    said, built = set(), set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg is not None:
                said.add(node.arg)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
                built.add(str(node.values[-1].value))
    built = {end for end in built if end.startswith("_")}
    unused = [
        f"{section}.{name}"
        for section, sentences in messages("en").items()
        for name in sentences
        if f"{section}.{name}" not in said
        and (section in ("say", "error", "value") or name not in said)
        and not (section == "column" and name.endswith(tuple(built)))
    ]
    assert unused == []


def test_words_of_users_are_left_alone() -> None:
    assert Text("zh").name("term", "grid energy") == "电网购电"
    assert Text("zh").name("term", "my own term") == "my own term"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_values_are_filled_in(lang: str) -> None:
    assert "1,234 t" in Text(lang)("value.tonnes", value=1234.4) or "1,234 吨" in Text(lang)(
        "value.tonnes", value=1234.4
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_ALL": "", "LANG": "ZH"}, "zh"),
    ],
)
def test_language_of_the_locale(environment: dict[str, str], expected: str) -> None:
    assert language(environment) == expected


def test_language_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert asked_language(["solve", "china"]) == "en"
    assert asked_language(["solve", "china", "--lang", "zh"]) == "zh"
    assert asked_language(["--lang=zh", "list"]) == "zh"
    assert asked_language(["list", "--lang", "xx"]) == "en"
    assert asked_language(["list", "--lang"]) == "en"
    assert asked_language([]) == "en"
