"""Benders decomposition of a two-stage program, stabilized by a trust region; it knows no concept of the model.

In the order in which they are best read: ``solve`` (entry points), ``phases`` (what is done, in order), ``parameters``,
``state`` and ``decomposition`` (what phases share), ``search`` (one search: iterations of subproblems and master),
``master``, ``recourse`` and ``subproblem`` (a period), ``cuts``, ``convex_combination`` (upper bounds), ``penalties``,
``rounding`` and ``fixed_integers`` (integers), ``first_phase`` (whether there is any plan), ``clusters`` and
``warm_start`` (where to begin), ``subproblem_pool`` (workers), ``checkpoint``.
"""
