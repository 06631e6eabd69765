"""A page a module from its docstrings: each `api/NAME.md` that the nav lists is made of scratchnet.NAME."""

import html
import importlib
import inspect
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]


def on_files(files, config):
    for uri in sorted(set(re.findall(r"'(api/[\w.]+\.md)'", str(config.nav)))):
        module = importlib.import_module(f"scratchnet.{uri.removeprefix('api/').removesuffix('.md')}")
        files.append(File.generated(config, uri, content=page(module)))


def page(module):
    """The module's docstring, then each public class and function."""
    parts = [f"# {module.__name__.removeprefix('scratchnet.')}", f"`{module.__name__}`", docstring(module)]
    things = dict(public(module))
    for name, thing in things.items():
        parts += [f"## {name}", entry(thing, name), docstring(thing)]
        if inspect.isclass(thing):
            for method, function in methods(thing, things.values()):
                parts += [f"### {name}.{method}", entry(function, method), docstring(function)]
        parts.append(whereabouts(thing))
    return "\n\n".join(parts)


def public(module):
    """Those in `__all__`, or else those that are made here, that have a docstring."""
    listed = getattr(module, "__all__", None)
    for name, thing in vars(module).items():
        here = name in listed if listed else getattr(thing, "__module__", "") == module.__name__ and name[0] != "_"
        if here and (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__doc__:
            yield name, thing


def methods(kind, shown):
    """The public methods with a docstring of their own, those of bases that the page doesn't show included."""
    found = {}
    for base in [kind, *(base for base in kind.__mro__[1:] if base not in shown and base.__module__ != "builtins")]:
        for name, member in vars(base).items():
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if name[0] != "_" and inspect.isfunction(function) and function.__doc__:
                found.setdefault(name, member)
    return found.items()


def entry(thing, name):
    """The call, a line if it fits, else an argument a line; what the arguments are, the docstring tells."""
    if isinstance(thing, property):
        return f"```python\n{name}\n```"
    function = getattr(thing, "__func__", thing)
    try:
        signature = inspect.signature(function)
    except ValueError:
        return f"```python\n{name}(…)\n```"
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name not in ("self", "cls")]
    call = name + str(inspect.Signature(bare))
    if len(call) > 88:
        named = [p.kind is p.KEYWORD_ONLY for p in bare]
        lines = [*map(str, bare)]
        if True in named and not any(p.kind is p.VAR_POSITIONAL for p in bare):
            lines.insert(named.index(True), "*")
        call = f"{name}(\n    " + ",\n    ".join(lines) + ",\n)"
    return f"```python\n{call}\n```"


def docstring(thing):
    """The text with its lines as they are: it has formulas, in which * and _ are no Markdown."""
    text = html.escape(unwrapped(thing.__doc__ or ""), quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return f'<div class="docstring">{text}</div>'


def unwrapped(doc):
    """Without the breaks of lines that the next word would have made longer than the file allows."""
    written, text = doc.split("\n"), ""
    for line, raw, following in zip(inspect.cleandoc(doc).split("\n"), written, [*written[1:], ""], strict=False):
        words = following.split()
        text += line + (" " if words and len(f"{raw} {words[0]}") > 120 else "\n")
    return text.rstrip()


def whereabouts(thing):
    """Links to the text, and to the page of a layer."""
    path = Path(inspect.getsourcefile(inspect.unwrap(thing))).resolve().relative_to(ROOT)
    links = [f"[{path}](../../{path}#line-{inspect.getsourcelines(thing)[1]})"]
    if path.parent.name == "layers" and (ROOT / f"docs/layers/{path.stem}.md").exists():
        links.append(f"[the layer's page](../layers/{path.stem}.md)")
    return " · ".join(links)
