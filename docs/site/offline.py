"""What the site must not have: anything that a browser would fetch from another place. And prompts as prompts."""

import logging
import re

FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?((?:https?:)?//[^\"'\s>]+)")
log = logging.getLogger("mkdocs.hooks.offline")


def on_page_markdown(markdown, **_):
    return markdown.replace("```python\n>>>", "```pycon\n>>>")


def on_post_page(output, page, **_):
    for address in FETCHED.findall(output):
        log.warning("%s fetches %s", page.file.src_uri, address)
