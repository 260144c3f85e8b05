"""The typed tables of an instance and the frozen problem made of them."""

from siting.problem.local_time import make
from siting.problem.problem import Calendar, Problem, whole_year
from siting.problem.series import SERIES
from siting.problem.settings import Settings
from siting.problem.tables import TABLES

__all__ = ["SERIES", "TABLES", "Calendar", "Problem", "Settings", "make", "whole_year"]
