"""How the site is built."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import unsteady

# Our extensions are sphinxext.claims and so on. A folder without __init__.py is a part of the namespace
# package of that name, to which the installed sphinxext.opengraph belongs as well.
DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))
from sphinxext.reference import source_link  # noqa: E402

# A list of fonts of its own: what another program has left in the user's would change the figures.
os.environ["MPLCONFIGDIR"] = str(DOCS / "_build/matplotlib")

# Addresses come from the environment; without them every link is relative.
SITE_URL = f"{address.rstrip('/')}/" if (address := os.environ.get("SITE_URL")) else ""
REPOSITORY_URL = os.environ.get("REPOSITORY_URL", "").rstrip("/")
if not REPOSITORY_URL.startswith("https://"):  # as where a host clones by SSH
    REPOSITORY_URL = ""
html_baseurl = SITE_URL
# Where the host's addresses are known, pages link to their source.
HOSTS = {"github.com": "", "gitlab.com": "/-"}
HOST = urlsplit(REPOSITORY_URL).netloc
SOURCE_URL = f"{REPOSITORY_URL}{HOSTS[HOST]}" if HOST in HOSTS else ""

project = "Unsteady"
author = "The Unsteady developers"
copyright = "The Unsteady developers; prose and figures CC BY 4.0, code BSD-3-Clause"
version = release = unsteady.__version__
language = "en-GB"

WHEEL = f"unsteady-{release}-py3-none-any.whl"
# They name the wheel itself where pip is asked: the package index might know another "unsteady".
INSTALL = f"""<a href="{WHEEL}">{WHEEL}</a>

{"" if SITE_URL else "Download it, and in the folder where it is:"}

```sh
pip install {f"{SITE_URL}wheels" if SITE_URL else "."}/{WHEEL}
uv run --find-links {f"{SITE_URL}wheels/" if SITE_URL else "."} plot_learning_rate.py
```
"""

OURS = (
    "examples", "figures", "formulas", "claims", "downloads", "html_fixes", "mathml", "preview", "reference",
    "reports",
)  # fmt: skip
extensions = [
    "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser", "sphinx_copybutton",
    "sphinx_design", "sphinx_gallery.gen_gallery", "sphinxcontrib.bibtex", "sphinxext.opengraph",
    "notfound.extension",
    *(["sphinx.ext.linkcode"] if SOURCE_URL else []),
    *(["sphinx_sitemap"] if SITE_URL else []),
    *(f"sphinxext.{name}" for name in OURS),
]  # fmt: skip
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.py", "sphinxext"]
nitpicky = True
nitpick_ignore_regex = [
    # No inventory of another project is fetched: the build asks nobody.
    (r"py:.*", r"(numpy|matplotlib|pandas|collections|np)\..*"),
    (r"py:.*", r"(Array|Hyperparameter|Generators|Parameters|State|Any|Axes|Self|Method|unsteady\._.*)"),
    # What numpydoc makes links of in lists of parameters.
    (r"py:.*", r"(array|sequence|callable|callables|color|optional|shape|of|dims|n|float32|float64|pair)"),
    (r"py:.*", r"(Line2D|Order|Model|Optimizer|Objective|Average|points|replicates|lines|features).*"),
]
suppress_warnings = ["config.cache", "sphinx_gallery.space_in_filename"]  # a clone may lie in any folder

# Prose: MyST, British; formulas: MathML
myst_enable_extensions = [
    "dollarmath", "colon_fence", "deflist", "attrs_inline", "smartquotes", "substitution",
]  # fmt: skip
myst_substitutions = {"install": INSTALL}
myst_dmath_double_inline = True
myst_update_mathjax = False
myst_heading_anchors = 3
html_math_renderer = "mathml"
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "unsrt"
bibtex_reference_style = "author_year"

# What others see of the site
ogp_site_url = SITE_URL
ogp_social_cards = {"enable": False}  # one picture for the site: sphinxext/preview.py
ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image">'] if SITE_URL else []
notfound_urls_prefix = urlsplit(SITE_URL).path or "/"
sitemap_url_scheme = "{link}"
sitemap_excludes = ["404.html", "search.html", "genindex.html", "py-modindex.html"]

# The reference, from the docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autosummary_generate = False  # one page a module
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    return source_link(f"{SOURCE_URL}/blob/main", domain, info)


# Code can be copied, without prompts and output.
copybutton_selector = "div:not(.sphx-glr-script-out) > div.highlight > pre"
copybutton_exclude = ".linenos, .gp, .go"

# The examples
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "/",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("sphinxext.preview.scrape", "sphinxext.scraping.scrape"),
    "reset_modules": ("matplotlib", "sphinxext.scraping.reset"),
    "capture_repr": (),
    "remove_config_comments": True,
    "write_computation_times": False,
    "min_reported_time": 1e9,
    "show_memory": False,
    "show_signature": False,
    "doc_module": ("unsteady",),
    "backreferences_dir": "gallery/backreferences",
    "css": ["sg_gallery"],
    "first_notebook_cell": f"%pip install --quiet {SITE_URL}wheels/{WHEEL}" if SITE_URL else None,
    "download_all_examples": False,  # examples/GALLERY_HEADER.rst offers one archive of both kinds
}

# The theme
html_theme = "furo"
html_title = "Unsteady"
html_logo = "_static/logo.svg"
html_favicon = "_static/favicon.svg"
templates_path = ["_templates"]
html_static_path = ["_static", str(Path(unsteady.__file__).with_name("gallery") / "explorable.js")]
html_css_files = ["site.css", "gallery.css"]
html_js_files = [("menus.js", {"defer": "defer"})]
html_search_scorer = str(Path(__file__).parent / "scorer.js")
html_context = {
    "feedback_url": REPOSITORY_URL and f"{REPOSITORY_URL}/issues/new",
    "edit_url": SOURCE_URL and f"{SOURCE_URL}/edit/main/",
}
html_scaled_image_link = False  # a figure is no link to itself
html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_theme_options = {
    "top_of_page_buttons": ["edit"],
    "light_css_variables": {"color-brand-primary": "#2a5f9e", "color-brand-content": "#2a5f9e"},
    "dark_css_variables": {"color-brand-primary": "#7fb2ec", "color-brand-content": "#7fb2ec"},
}
