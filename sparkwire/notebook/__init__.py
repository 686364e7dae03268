"""What a notebook sees: ``%%wire`` above a cell, and the object it leaves.

    %load_ext sparkwire

    %%wire first
    df.count()

runs the cell as it is, shows its output, then what it caused on the wires. ``first`` is then a
``Recording``: look at one exchange, one message, the whole table, or save the trace.

The only part that imports IPython. Everything it shows is text made by ``sparkwire.views``, in
forms that JupyterLab and the built site both draw: Markdown with a Mermaid diagram, and HTML.
``recording`` is the recorded cell, ``magic`` is ``%%wire`` itself.
"""

from __future__ import annotations

from sparkwire.notebook.magic import load_ipython_extension
from sparkwire.notebook.recording import Recording

__all__ = ["Recording", "load_ipython_extension"]
