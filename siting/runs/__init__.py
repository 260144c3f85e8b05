"""Run folders: what is in one, how it is written, audited and gone on with."""
