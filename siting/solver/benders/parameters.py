"""Numbers of the decomposition that were chosen, not derived, and why each is what it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """Parameters of the decomposition; the defaults were found by trial on the bundled instances.

    Parameters
    ----------
    few_periods : int
        With so many periods or fewer a search on the means of clusters saves nothing.
    clusters : int
        Means of alike periods on which the first search runs.
    groups : int
        Groups of periods in the master at most: each gets one cut in an iteration.
    means_gap, relaxation_gaps, rounding_gap : float, pair of float, float
        Gaps at which these searches end, as shares of the gap that is asked for. The relaxation ends at the first of
        its two where there are many periods, so that an iteration takes longer than to look for integers, and few
        coupling constraints; the second is for when integers did not meet the first.
    gap_before_circles : float
        Share of the gap asked for, where a plan may yet go round in circles: what is lost where these are broken in the
        end has to fit into the gap.
    warm_start_time : float
        Share of the time that a first guess may take.
    bound_time : float
        Share of the time after which integers are tried, whatever the bound.
    hopeless_gaps : float
        Without an incumbent, integers are given up if they cost so many gaps more than the bound.
    bound_tolerance : float
        A bound may exceed the cost of a plan by so much, relative to it; what exceeds it by more is wrong.
    plans, first_phase_plans : int
        Evaluated plans that are combined; one that keeps all rows may combine many.
    radius, means_radius, integer_radius, first_phase_radius : float
        First radius of the trust region: of the relaxation after the means; without or on them, where nothing is known
        yet; with given integers, where the relaxation is near; and where any plan will do.
    least_radius : float
        The trust region does not shrink below it: what is left is then decided by the cuts.
    near_gap : float
        Share of the gap asked for at which upper and lower value are near enough to tell that breaking a row pays.
    dispatch_iterations, dispatch_time : float
        What is reserved for the dispatch of the final plan: the time of so many iterations of late, since from bases of
        other plans it takes longer than a later iteration and less than the first; at most this share of the time.
    stuck_slack : float
        Where any plan is worth more than steady penalties, slack that stays above this share of what it was pays.
    retried_integers : int
        Integers of earlier solves that are tried first.
    small_rows : int
        In programs of up to so many rows it is soon asked whether there is any plan where none is found. In larger ones
        the iterations for it are only spent on integers that were evaluated in vain and that branch and bound proposes
        again.
    doubt_small, doubt_large : int
        Without an incumbent, penalties that prove too low so often raise a doubt whether there is a plan; in larger
        programs they are at their highest by then.
    vain_iterations : int
        Iterations without a plan in a small program before it is asked whether there is any.
    repeats : int
        Integers that a small program proposes more often prove that it learns nothing from them.
    cheapest_s : float
        Seconds for the cheapest integers of the master before those near the relaxed plan; small masters need less.
        With 0 they are not tried.
    proposal_gap : float
        To which proposed integers are the cheapest, as a share of the gap that is asked for.
    few_coupling : int
        With so many coupling constraints or fewer, integers near the relaxed plan are tried early. More are hard to
        keep with them: in a year with 34 no plan was found in 19 iterations, but in 2 from the master's own integers,
        after more of the relaxation.
    promising_gap : float
        Integers near the relaxed plan must cost no more than this share of the gap above the bound, or there may be
        better ones further away.
    near_s, any_s : float
        Least seconds for integers near the relaxed plan (a sixteenth of what is left), and for any (a third).
    missing : float
        So much must be missed in all, in units of the columns, to be more than the tolerances of the solvers.
    first_phase_iterations : int
        A search for any plan that has not decided by then is not going to.
    idle_solves : int
        A cut without a dual in so many solutions of the master in a row is dropped.
    first_slack, highest_slack : float
        First and highest penalty of slack. With a tenth of the first, less equipment than the work needs may pay; with
        far more than the highest the simplex of HiGHS gives up.
    slack_factor, coupling_factor : float
        By which penalties rise that proved too low.
    highest_coupling : float
        Highest penalty of breaking a coupling constraint, times the first, for the same reason.
    first_dual_step : float
        From this share of its penalty the dual of a coupling constraint is raised while plans break it.
    penalty_margin, no_dual : float
        After a first guess, breaking a coupling constraint costs so many times its guessed dual, unless that is less
        than this share of its penalty.
    few_duals : int
        Where more duals than these change, a period is solved in two steps, its new bounds at the old duals first. The
        basis it ended with is optimal at its old duals but for the bounds, and then feasible at the new ones. Where
        many change, these two steps take half the time of one that begins with neither; where few do, a third more.
    checkpoint_spare : float
        A checkpoint is written when so many times as long as the last one took has passed: it costs 2 % of the time.
    """

    few_periods: int = 16
    clusters: int = 16
    groups: int = 60
    means_gap: float = 1.0
    relaxation_gaps: tuple[float, float] = (0.65, 0.35)
    rounding_gap: float = 0.1
    gap_before_circles: float = 0.95
    warm_start_time: float = 0.25
    bound_time: float = 0.5
    hopeless_gaps: float = 3.0
    bound_tolerance: float = 1e-6
    plans: int = 60
    first_phase_plans: int = 200
    radius: float = 0.1
    means_radius: float = 0.2
    integer_radius: float = 0.05
    first_phase_radius: float = 0.2
    least_radius: float = 0.003
    near_gap: float = 0.3
    dispatch_iterations: float = 2.0
    dispatch_time: float = 0.2
    stuck_slack: float = 0.5
    retried_integers: int = 2
    small_rows: int = 15_000
    doubt_small: int = 3
    doubt_large: int = 8
    vain_iterations: int = 60
    repeats: int = 10
    cheapest_s: float = 3.0
    proposal_gap: float = 0.2
    few_coupling: int = 20
    promising_gap: float = 0.75
    near_s: float = 20.0
    any_s: float = 60.0
    missing: float = 1e-5
    first_phase_iterations: int = 500
    idle_solves: int = 12
    first_slack: float = 100.0
    highest_slack: float = 1e5
    slack_factor: float = 10.0
    coupling_factor: float = 4.0
    highest_coupling: float = 1e4
    first_dual_step: float = 0.003
    penalty_margin: float = 3.0
    no_dual: float = 1e-3
    few_duals: int = 20
    checkpoint_spare: float = 50.0


DEFAULT = Parameters()
