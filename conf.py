"""Sphinx's settings. Nothing is computed here; what the site adds to Sphinx is in guide/sphinx_ext."""

import sys

# Checking international web addresses, which no notebook holds: jsonschema would load this when nbformat is
# imported, and spend seconds of every build on making its grammars. Without it that format isn't checked.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

project = "PySpark Execution and Pipelining"
author = "the contributors"
copyright = "the contributors, Apache License 2.0"
html_title = "PySpark Execution and Pipelining"

extensions = ["myst_nb", "sphinx_copybutton", "sphinxcontrib.mermaid", "guide.sphinx_ext"]
include_patterns = ["index.md", "docs/**", "notebooks/**"]
# The first three are not pages either, and looking through them takes seconds.
exclude_patterns = [".venv", "build", ".git", "**/.ipynb_checkpoints", "docs/images/**"]
nitpicky = True
suppress_warnings: list[str] = []

# Pages
html_theme = "furo"
templates_path = ["_templates"]
html_static_path = ["_static"]
# trace.css and explorer.js are links to the files that the tool puts into its reports.
html_css_files = ["site.css", "trace.css"]
html_js_files = [("explorer.js", {"defer": "defer"}), ("glossary.js", {"defer": "defer"})]
html_favicon = "_static/favicon.svg"
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_selector = "div.cell_input div.highlight pre, div.highlight-console pre, div.highlight-shell pre"
copybutton_exclude = ".linenos, .gp, .go"

# Markdown
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "fieldlist", "smartquotes"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

# Notebooks run in the build, and a cell that fails fails the build (`make html` passes -W). It keeps
# results for as long as neither the notebook nor anything that it uses has changed: see the Makefile.
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_in_temp = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_code_prompt_show = "Show this cell's {type}"
nb_code_prompt_hide = "Hide this cell's {type}"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

# Diagrams: guide.sphinx_ext draws them while building. "svg" keeps the extension's scripts out of pages.
mermaid_output_format = "svg"
