"""Every mistake of a user is told in Chinese too: no sentence in the source is without its translation."""

from __future__ import annotations

import re
import shutil
import string
from pathlib import Path

import pytest
from command_line import Cli, command_line  # noqa: F401 - a fixture
from sentences import templates, unfilled
from test_broken_inputs import CASES, Case, faults_of, folder, starter  # noqa: F401 - fixtures

from siting.cli.options import MESSAGES
from siting.errors import Sentence, sentences
from siting.locale import Text, faults, in_language
from siting.locale.lines import fault_line

CJK = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"(?:[A-Za-z]{2,} ){4,}")
"""Five words in a row are a sentence that was not translated."""


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_sentence_has_its_chinese() -> None:
    assert {text: place for text, place in templates().items() if text not in faults("zh")} == {}


def test_no_sentence_is_put_together_without_a_template() -> None:
    assert unfilled() == []


@pytest.mark.parametrize("english", sorted(faults("zh")))
def test_a_translation_is_chinese_with_the_same_values(english: str) -> None:
    chinese = faults("zh")[english]
    assert CJK.search(chinese) or not re.search(r"[A-Za-z]{2}", re.sub(r"\{[^}]*\}", "", english))
    assert fields(chinese) <= fields(english)
    assert fields(english) - fields(chinese) <= {"about", "error", "why"}  # English by nature


def test_values_that_are_sentences_are_translated_too() -> None:
    what = Sentence("This is {what} and not a file.", what=Sentence("a folder"))
    assert in_language(what, "zh") == "此处是文件夹，不是文件。"
    assert in_language(sentences(what, "Add the column."), "zh") == "此处是文件夹，不是文件。请补上该列。"
    assert in_language("Something else.", "zh") == "Something else."
    assert in_language(what, "en") == "This is a folder and not a file."


@pytest.mark.parametrize("case", CASES[::4], ids=lambda case: case.name)
def test_faults_of_broken_inputs_are_chinese(case: Case, folder: Path) -> None:  # noqa: F811 - the fixture
    case.change(folder)
    for fault in faults_of(folder):
        line = fault_line(fault, Text("zh"))
        rule, remedy = (in_language(text, "zh") for text in (fault.rule, fault.remedy))
        assert CJK.search(rule), fault
        assert CJK.search(remedy), fault
        assert not ENGLISH.search(line), line


def test_messages_about_options_have_their_chinese() -> None:
    assert set(MESSAGES) <= set(faults("zh"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("solve china --gap x", "'--gap' 的值无效：须为数字。"),
        ("solve china --nope", "没有选项 --nope"),
        ("nope", "没有命令 'nope'。"),
        ("solve", "缺少参数 'INSTANCE'。"),
        ("solve a b", "有多余的参数：b。"),
        ("solve china --gap", "选项 '--gap' 须带一个值。"),
        ("solve china --gap -1", "'--gap' 的值无效：须不小于 0。"),
        ("solve china --strategy q", "不在可选值 'auto', 'whole'"),
    ],
)
def test_errors_of_options_are_chinese(line: str, says: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    done = cli(*line.split())
    assert done.code == 2
    said = " ".join(done.err.replace("│", " ").split())
    assert says in said
    assert "错误" in said


def test_the_command_line_speaks_chinese(folder: Path, cli: Cli) -> None:  # noqa: F811 - the fixture
    (folder / "sites.csv").unlink()
    done = cli("check", folder, "--lang", "zh")
    assert done.code == 2
    assert "sites.csv：缺少这张表。处理办法：请添加 sites.csv" in done.err
    shutil.rmtree(folder)
    assert "既不是自带算例" in cli("check", folder, "--lang", "zh").err
