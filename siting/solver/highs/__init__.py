"""The one place that talks to HiGHS: options, status, scaling, retries, processes of its own."""
