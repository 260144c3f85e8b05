"""What all tests share."""

import gc
import os

# The workers of a parallel run have a core each, and they inherit this: threads of BLAS would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pandas as pd
import pytest
from command_line import command_line, instance_folder, run_folder  # noqa: F401 - fixtures

# Text in Python's own memory: tables of a few rows are made and read a quarter faster, and the tests make a hundred
# thousand. The command line has what its users have (``command_line.as_installed``).
pd.set_option("mode.string_storage", "python")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-expected", action="store_true", help="write tests/expected/ again")


def pytest_collection_finish() -> None:
    # What was imported stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
