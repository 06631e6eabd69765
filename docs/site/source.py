"""Links that lead out of docs/, as to `../scratchnet/kernels/plain.py`, lead to a page with that file's text."""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def on_files(files, config):
    pages = [file for file in files if file.is_documentation_page()]
    linked = {outside(match[2], page.src_uri) for page in pages for match in LINK.finditer(page.content_string)}
    for path in sorted(linked - {None}):
        files.append(File.generated(config, f"source/{path}.md", content=listing(path)))


def on_page_markdown(markdown, page, **_):
    here = page.file.src_uri
    if here.startswith("source/"):
        return markdown

    def lead(match):
        path = outside(match[2], here)
        if path is None:
            return match[0]
        there = posixpath.relpath(f"source/{path}.md", posixpath.dirname(here) or ".")
        return f"{match[1]}{there}{match[3] or ''}{match[4]}"

    return LINK.sub(lead, markdown)


def outside(link, page):
    """The file of the repository that a page links to, or None where the site has it as it is, or it is elsewhere."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    within = path.startswith("docs/") and not path.endswith((".py", ".yml"))
    return path if not within and ":" not in link and (ROOT / path).is_file() else None


def listing(path):
    """The file's text with numbered lines, which links reach as `#line-12`."""
    head = f"---\ntitle: {path}\nsearch: {{exclude: true}}\nhide: [navigation, toc, footer]\n---\n\n# {path}\n\n"
    look = HtmlFormatter(linenos="table", lineanchors="line", wrapcode=True)
    return head + highlight((ROOT / path).read_text(), get_lexer_for_filename(path), look)
