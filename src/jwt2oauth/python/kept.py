"""What stays although nothing uses it any more: parameters, fields, options that others may still fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from . import syntax as s
from .changes import Changes
from .forward import Forward
from .index import Module
from .resolve import Resolver
from .resolve.shared import destination
from .trace import label_of
from .values import Class, Lib, Member, Param, Result, Site, name_of, text_of

_PARSED = ("parse_args()", "parse_known_args()")


class Kept:
    """Tells of what a sweep kept, for the reviewer."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        changes: Changes,
        params: Mapping[s.Param, tuple[Module, s.FuncDef]],
        fields: Mapping[s.Assign, Class],
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.changes = changes
        self.params = {p: at for p, at in params.items() if not changes.is_dead(at[0], p)}
        self.fields = {f: cls for f, cls in fields.items() if not changes.is_dead(cls.module, f)}
        self._idle = set(self._idle_arguments())
        self._options = dict([*self._declared_options(), *self._parsed_options()])

    def notes(self) -> list[str]:
        """One note for each."""
        found = [*self._parameter_note(), *self._field_notes()]
        for site, flag in self._options.items():
            where = label_of(site.module, site.node)
            found.append(f"The option {flag} is still accepted, but nothing uses it any more ({where}).")
        return found

    def _parameter_note(self) -> Iterator[str]:
        """All parameters in one sentence."""
        named: dict[s.FuncDef, list[str]] = {}
        places: dict[str, None] = {}
        for param, (module, function) in self.params.items():
            if self._declaration(function, param, module) is None:
                named.setdefault(function, []).append(param.name)
                places[label_of(module, param)] = None
        words = [f"{_listed(names)} of {function.name}" for function, names in named.items()]
        count = sum(len(names) for names in named.values())
        where = f"({', '.join(places)})"
        if count == 1:
            yield f"The parameter {words[0]} is no longer used and kept for its callers {where}."
        elif count:
            what = f"The parameters {', '.join(words)}"
            yield f"{what} are no longer used and kept for their callers {where}."

    def relax(self) -> bool:
        """Let the options name a file that is not there any more; says whether that changed anything."""
        changed = False
        for site in self._options:
            for node in s.walk(site.node):
                if isinstance(node, s.Arg) and self._demands_file(site.module, node):
                    self.changes.remove(site.module, node)
                    changed = True
        return changed

    def _demands_file(self, module: Module, arg: s.Arg) -> bool:
        """``exists=True``, ``type=click.File("rb")``, ``type=argparse.FileType()``"""
        if arg.keyword == "exists":
            return isinstance(arg.value, s.Const) and arg.value.value is True
        func = arg.value.func if isinstance(arg.value, s.Call) else arg.value
        shown = module.snippet(func).rpartition(".")[2]
        return arg.keyword == "type" and shown in ("File", "FileType", "open")

    def _field_notes(self) -> Iterator[str]:
        classes: dict[Class, list[s.Assign]] = {}
        for field, cls in self.fields.items():
            classes.setdefault(cls, []).append(field)
        for cls, fields in classes.items():
            names = [cls.module.snippet(f.targets[0]) for f in fields]
            where = label_of(cls.module, fields[0])
            what = f"The fields {_listed(names)} of {cls.node.name} are"
            if len(names) == 1:
                what = f"The field {names[0]} of {cls.node.name} is"
            yield f"{what} no longer read and kept for those who fill them ({where})."

    # -- what only fills these --------------------------------------------------------------------

    def _idle_arguments(self) -> Iterator[s.Node]:
        """Arguments that are handed to what nobody uses."""
        for param, (module, function) in self.params.items():
            for call in self.resolver.callers(module, function):
                for site in self.resolver.arguments(Param(function, param, Site(module, param)), call):
                    yield site.node
        for field, cls in self.fields.items():
            name = cls.module.snippet(field.targets[0])
            names = [cls.module.snippet(f.targets[0]) for f in cls.node.body.body if isinstance(f, s.Assign)]
            for site in self.resolver.constructions(cls):
                assert isinstance(site.node, s.Call)
                for index, arg in enumerate(site.node.args):
                    by_place = arg.keyword is None and not arg.star and names[index : index + 1] == [name]
                    if arg.keyword == name or by_place:
                        yield arg.value

    def _is_idle(self, module: Module, node: s.Node) -> bool:
        if self.changes.is_dead(module, node) or node in self._idle:
            return True
        return any(a in self._idle for a in module.ancestors(node))

    # -- options ----------------------------------------------------------------------------------

    def _declared_options(self) -> Iterator[tuple[Site, str]]:
        """``@click.option("--key")`` of a command whose parameter is idle, and ``typer.Option()``."""
        for module in self.resolver.index.loaded:
            for function in module.nodes.get(s.FuncDef, ()):
                assert isinstance(function, s.FuncDef)
                for param in function.params if function.decorators else ():
                    call = self._declaration(function, param, module)
                    if call is not None and self._was_used(module, function, param):
                        flags = [t for t in self._texts(module, call) if t.startswith("--")]
                        yield Site(module, call), (flags or [f"--{param.name.replace('_', '-')}"])[0]

    def _was_used(self, module: Module, function: s.FuncDef, param: s.Param) -> bool:
        """Is every use of the parameter idle, and was there one?"""
        if param in self.params:
            return True
        scope = module.scopes.inner[function]
        uses = [u for b in scope.bindings.get(param.name, ()) for u in module.uses.get(b, ())]
        return bool(uses) and all(self._is_idle(module, use) for use in uses)

    def _declaration(self, function: s.FuncDef, param: s.Param, module: Module) -> s.Call | None:
        """The call that makes an option of a parameter."""
        for decorator in function.decorators:
            if not isinstance(decorator, s.Call) or not module.snippet(decorator.func).endswith("option"):
                continue
            if destination(self._texts(module, decorator)) == param.name:
                return decorator
        for part in (param.default, param.annotation):
            for node in s.walk(part) if part is not None else ():
                if isinstance(node, s.Call) and module.snippet(node.func).endswith(("Option", "Argument")):
                    return node
        return None

    def _parsed_options(self) -> Iterator[tuple[Site, str]]:
        """``parser.add_argument("--key")`` of whose result only removed code read ``key``."""
        added = [call for call in self.resolver.calls if _method(call) == "add_argument"]
        for call in added:
            assert isinstance(call.node, s.Call)
            texts = self._texts(call.module, call.node)
            dest = next((a.value for a in call.node.args if a.keyword == "dest"), None)
            name = text_of(self.resolver.one(call.at(dest))) if dest is not None else destination(texts)
            flag = next((t for t in texts if t.startswith("--")), texts[0] if texts else "")
            loads = [p for p in self.forward.loads_of(name) if self._is_parsed(p)] if name else []
            dead = [
                p for p in loads if self.changes.is_dead(p.module, p.node) or self._is_idle(p.module, p.node)
            ]
            if loads and len(dead) == len(loads):
                yield call, flag

    def _is_parsed(self, site: Site) -> bool:
        assert isinstance(site.node, s.Attribute)
        for value in self.resolver.resolve(site):
            base = value.base if isinstance(value, Member | Lib) else None
            if isinstance(base, Param):
                return True  # args.run(args): who is called is in what was parsed
            if isinstance(base, Result) and (name_of(base) or "").endswith(_PARSED):
                return True
        return False

    def _texts(self, module: Module, call: s.Call) -> list[str]:
        found = [text_of(self.resolver.one(Site(module, a.value))) for a in call.args if a.keyword is None]
        return [text for text in found if text is not None]


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _method(call: Site) -> str:
    assert isinstance(call.node, s.Call)
    return call.node.func.attr if isinstance(call.node.func, s.Attribute) else ""
