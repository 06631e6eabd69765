"""A notebook, `NAME.ipynb`, as the page `NAME.md`: its cells and what they printed and drew, as they were saved."""

import html
import json
import re
from pathlib import Path

from mkdocs.structure.files import File


def on_files(files, config):
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        cells = json.loads(Path(file.abs_src_path).read_text())["cells"]
        content = "\n\n".join(part for cell in cells for part in parts(cell))
        files.append(File.generated(config, f"{file.src_uri.removesuffix('.ipynb')}.md", content=content))


def on_page_markdown(markdown, **_):
    return re.sub(r"(\]\([^):\s]+)\.ipynb\)", r"\1.md)", markdown)


def parts(cell):
    """The cell, then its outputs, each in the richest of the forms that a page can hold."""
    text = "".join(cell["source"])
    yield text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```"
    for output in cell.get("outputs", []):
        data = output.get("data", {"text/plain": output.get("text", "")})
        forms = {kind: "".join(lines) for kind, lines in data.items()}
        if "image/svg+xml" in forms or "text/html" in forms:
            yield f"<div>{forms.get('image/svg+xml') or forms['text/html']}</div>"
        elif "image/png" in forms:
            yield f'<img alt="" src="data:image/png;base64,{forms["image/png"].replace(chr(10), "")}">'
        elif "text/plain" in forms:
            yield f'<div class="output">{html.escape(forms["text/plain"])}</div>'
