"""Instance folders: the only reader of input, and the writer.

``files`` reads text, ``rows`` checks each row by its declaration, ``references`` and ``units`` check tables against
one another, ``hourly`` reads the hours and ``series`` checks them, ``feasible`` finds what no solver could mend;
``loading`` puts them in order, so that every fault is reported at once.
"""

from siting.instance.loading import bundled_names, find, load
from siting.instance.writing import copy, digest, file_digest, write

__all__ = ["bundled_names", "copy", "digest", "file_digest", "find", "load", "write"]
