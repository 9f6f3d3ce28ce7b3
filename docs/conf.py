"""Configuration of the documentation: ``sphinx-build -W docs docs/_build/html``."""

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import figures  # noqa: E402
import gallery  # noqa: E402
import generate  # noqa: E402

from topickit import __version__  # noqa: E402

generate.write_pages(HERE)
figures.draw(HERE / "_static" / "figures")

project, author, copyright = "topickit", "the topickit developers", "the topickit developers"
version = release = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "images", "**/.ipynb_checkpoints"]
suppress_warnings = ["mystnb.unknown_mime_type"]

# Every code block is run, in an empty folder and without a network; an error stops the build.
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_merge_streams = True
nb_output_stderr = "remove"
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
os.environ.update(HF_HUB_OFFLINE="1", TOPICKIT_CACHE=tempfile.mkdtemp(), PYTHONWARNINGS="ignore")
gallery.write(HERE / "_static" / "gallery")

autosummary_generate = False
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "topickit"
html_theme_options = {
    "show_toc_level": 2,
    "header_links_before_dropdown": 4,
    "navigation_with_keys": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {name: [] for name in ("gallery", "changelog", "contributing")}
html_static_path = ["_static"]
html_css_files = ["topickit.css"]
html_js_files = [("topickit.js", {"defer": "defer"})]
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_math_renderer = "mathml"
