"""Read the logs that training frameworks write. Imports the standard library alone.

:func:`read_log` returns one :class:`unsteady.history.History` per run, whatever the framework. For example,
``[run] = read_log("history.csv")`` reads what Keras's ``CSVLogger`` wrote.
"""

from unsteady.logs._read import read_log

__all__ = ["read_log"]
