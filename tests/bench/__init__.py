"""Benchmarks: ``python -m tests.bench --report FILE`` from the root of the repository, one file a subject.

Times and memory depend on the machine, so that nothing here is asserted about them; what is asserted is that all who
race solve the same problem.
"""
