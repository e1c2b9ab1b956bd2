"""What stays although nothing uses it any more: parameters, fields, options that others may still fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Environ, Fields, Function, Lib, Member, Param, Result, Site, text_of
from ..following.forward import Forward
from ..leftovers.demands import Demands
from ..leftovers.settings import listed, undemanded
from ..resolve import Resolver, is_read, is_target
from ..resolve.shared import destination, parsed_option
from ..roles.trace import label_of
from ..writing.changes import Changes
from .absent import looks_for_file
from .option_groups import demanding, file_type

_DESCRIBES = frozenset({"required", "default", "metavar", "help"})
"""What is said of an option beside what becomes of it."""

_TURNS = frozenset({"type", "callback", "parser"})
"""Arguments of an option that say what becomes of its value."""


@dataclass(frozen=True, slots=True)
class _Option:
    """An option of a command line that nothing needs any more."""

    declared: Site
    flag: str
    uses: tuple[Site, ...]
    """What still hands its value on, to somebody who does not look at it."""
    asked: bool = False
    """A helper declares it and may insist on it."""
    insisted: bool = False
    """It is declared in a loop with others, and has to be given as they have; or it is known by its place; or
    a parameter without a default says so: ``key: Annotated[str, typer.Option()]``."""
    tested: bool = False
    """Tests look at its value: it stays for them."""
    name: str = ""
    """What its value is asked for by, where it was parsed."""


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
        self.relaxed: list[str] = []
        """Options that had to be given, and need not be any more."""
        self.unopened: list[str] = []
        """Options whose file had to be there, and the files that are meant where none is given."""
        self.closed: list[str] = []
        """All of these options, also those that are called as others are."""
        self._still_taken: dict[str, tuple[Site, Site]] = {}
        """Options that code which stays takes out of the mapping of all, by their names."""
        self._unlisted: list[tuple[str, Site]] = []
        """Options that lists of what has to be given do without from now on."""
        self.demands = Demands(resolver, forward, changes)
        self._idle = set(self._idle_arguments())
        self._options = [*self._declared_options(), *self._poured_options(), *self._parsed_options()]

    @property
    def names(self) -> list[str]:
        """The options that nothing uses any more, the variables that set them, fields of several words."""
        calls = [option.declared.node for option in self._options]
        args = (arg for call in calls if isinstance(call, s.Call) for arg in call.args)
        variables = [arg.value for arg in args if arg.keyword == "envvar"]
        found = [str(each.value) for each in variables if isinstance(each, s.Str)]
        fields = (cls.module.snippet(field.targets[0]) for field, cls in self.fields.items())
        found += [name for name in fields if "_" in name.strip("_")]
        found += [option.name for option in self._options if "_" in option.name]
        return [*dict.fromkeys(option.flag for option in self._options), *found]

    def notes(self) -> list[str]:
        """One note for each."""
        found = [*self._parameter_note(), *self._filling_notes(), *self._field_notes()]
        for option in self._options:
            where = label_of(option.declared.module, option.declared.node)
            if self.changes.is_dead(option.declared.module, option.declared.node):
                found.append(f"The option {option.flag} is gone, which was asked for and not used ({where}).")
                continue
            still = "still has to be given" if option.insisted else "is still accepted"
            found.append(f"The option {option.flag} {still}, but nothing uses it any more ({where}).")
        for flag, (declared, taken) in self._still_taken.items():
            where, use = label_of(declared.module, declared.node), label_of(taken.module, taken.node)
            found.append(f"No flow needs the option {flag} any more ({where}), but {use} still takes it.")
        return [*found, *undemanded(self._unlisted)]

    def _parameter_note(self) -> Iterator[str]:
        """All parameters in one sentence."""
        named: dict[s.FuncDef, list[str]] = {}
        places: dict[str, None] = {}
        for param, (module, function) in self.params.items():
            if self.resolver.is_test(module):
                continue  # it asks for a fixture, for what that does
            if self._declaration(function, param, module) is None:
                named.setdefault(function, []).append(param.name)
                places[label_of(module, param)] = None
        words = [f"{listed(names)} of {function.name}" for function, names in named.items()]
        count = sum(len(names) for names in named.values())
        where = f"({', '.join(places)})"
        if count == 1:
            yield f"The parameter {words[0]} is no longer used and kept for its callers {where}."
        elif count:
            what = f"The parameters {', '.join(words)}"
            yield f"{what} are no longer used and kept for their callers {where}."

    def _filling_notes(self) -> Iterator[str]:
        """The variables that callers must have set for such a parameter or field."""
        asked: dict[tuple[str, Site], None] = {}
        for site in (site for field, cls in self.fields.items() for site in self._given(field, cls)):
            for value in self.resolver.resolve(site) if not self.resolver.is_test(site.module) else ():
                if isinstance(value, Environ) and value.default is None and value.site.module is site.module:
                    asked[value.name, site] = None
        for param, (module, function) in self.params.items():
            bindings = module.scopes.inner[function].bindings.get(param.name, ())
            calls = (
                self.resolver.program_callers(module, function) if not self.resolver.is_test(module) else ()
            )
            here = (Site(module, param, ((function, call),)) for call in calls)
            values = (
                v for at in here for b in bindings for v in self.resolver.binding(b, at) if b.kind == "param"
            )
            found = [v for v in values if isinstance(v, Environ) and v.default is None]
            asked |= {
                (v.name, place): None for v in found if (place := self._place(v, param.name)) is not None
            }
        for name, place in asked:
            if not self.changes.is_dead(place.module, place.node):
                where = label_of(place.module, place.node)
                yield f"No flow needs {name} any more, but {where} still asks for it, so it must stay set."

    def _place(self, variable: Environ, param: str) -> Site | None:
        """Where a variable is asked for; if one look-up may mean several, its row that names ``param``."""
        module = variable.site.module
        if len(self.resolver.resolve(Site(module, variable.site.node))) == 1:
            return variable.site
        for node in module.each(s.Str):
            row = module.parents[node]
            beside = (
                row.items if isinstance(row, s.Sequence) else (row.key,) if isinstance(row, s.Item) else ()
            )
            said = (self.resolver.spelled(module, each) for each in beside if each is not None)
            if node.value == variable.name and param in said:
                return Site(module, node)
        return None

    def relax(self) -> bool:
        """Let options be left out, or name a file that is not there, as fields may; was anything changed?"""
        changed = False
        for option in self._options:
            stmt = option.declared.module.statement(option.declared.node)
            changed |= self._unlist(option)
            idle = not option.uses and not option.tested
            if option.asked and idle and isinstance(stmt, s.ExprStmt):
                self.changes.remove(option.declared.module, stmt)
                changed = True
                continue
            if self._is_asked_for(option):
                first = option.declared.call.args[0]
                self.changes.replace(option.declared.module, first.value, self._nothing(option))
                changed = True
            opened = file_type(option.declared) if not _as_file(option) else None
            if opened is not None and not self.changes.is_dead(option.declared.module, opened):
                self.changes.replace(option.declared.module, opened, "str")
                self.closed.append(option.flag)
                changed = True
            for node in s.walk(option.declared.node):
                if isinstance(node, s.Arg) and self._demands(option, node):
                    self.changes.remove(option.declared.module, node)
                    alone = [option.flag] if self._is_alone(option.flag) else []
                    relaxes = node.keyword == "required" or bool(node.star)
                    self.relaxed += alone if relaxes else []
                    self.unopened += [*alone, *_defaults(option)] if not relaxes else []
                    self.closed += [option.flag] if not relaxes else []
                    changed = True
        for module, arg, options in demanding(
            self.changes, [o.declared for o in self._options if self._unused(o)]
        ):
            self.changes.remove(module, arg)
            flags = {o.declared.node: o.flag for o in self._options}
            self.relaxed += [flag for each in options if self._is_alone(flag := flags[each.node])]
            changed = True
        for field, cls in self.fields.items():
            for arg in field.value.args if isinstance(field.value, s.Call) else ():
                if arg.keyword == "converter" and self._opens(Site(cls.module, arg.value)):
                    self.changes.remove(cls.module, arg)
                    changed = True
        return changed

    def _unused(self, option: _Option) -> bool:
        return all(use.node in self._idle for use in option.uses)

    def _unlist(self, option: _Option) -> bool:
        """``for name in ("org", "key"): if not getattr(args, name): parser.error(…)`` does without it."""
        places = self.demands.places(option.name) if option.name and not option.uses else []
        mine = [place for place in places if place.module is option.declared.module]
        dropped = [place for place in mine if self.demands.drop(place, option.name)]
        self._unlisted += [(option.name, place) for place in dropped]
        return bool(dropped)

    def join(self, before: Kept) -> None:
        """Tell also of what was kept, or let go, before tests went."""
        known = {option.declared.node for option in self._options}
        self._options += [option for option in before._options if option.declared.node not in known]
        self._still_taken = before._still_taken | self._still_taken
        self.relaxed = [*dict.fromkeys([*before.relaxed, *self.relaxed])]
        self._unlisted = [*dict.fromkeys([*before._unlisted, *self._unlisted])]
        self.unopened = [*dict.fromkeys([*before.unopened, *self.unopened])]
        self.closed = [*dict.fromkeys([*before.closed, *self.closed])]

    def _is_alone(self, flag: str) -> bool:
        """Has no other command an option of that name?"""
        modules = (m for m in self.resolver.world if not self.resolver.is_test(m) and m.holds(flag))
        texts = ((module, node) for module in modules for node in module.each(s.Str))
        named = (module.parents[node] for module, node in texts if node.value == flag)
        return sum(isinstance(parent, s.Arg) for parent in named) == 1

    def _opens(self, site: Site) -> bool:
        """``lambda path: open(path).read()``, or a function that does so, or asks for the file."""
        bodies = [(site.module, site.node)]
        bodies += [(v.module, v.node) for v in self.resolver.resolve(site) if isinstance(v, Function)]
        calls = [Site(m, n) for m, body in bodies for n in s.walk(body) if isinstance(n, s.Call)]
        return any(
            isinstance(value, Result) and (self.resolver.opens(value.name) or is_read(value.name))
            for call in calls
            for value in self.resolver.resolve(call)
        ) or any(isinstance(call.node, s.Call) and looks_for_file(call.node) for call in calls)

    def _is_asked_for(self, option: _Option) -> bool:
        """``typer.Option(..., envvar="KEY")``, whose value nobody looks at"""
        call = option.declared.node
        first = call.args[0] if isinstance(call, s.Call) and call.args and not call.args[0].keyword else None
        asked = first is not None and isinstance(first.value, s.Opaque) and not first.value.parts
        return asked and self._unused(option)

    def _nothing(self, option: _Option) -> str:
        """What an option is where it is not given."""
        module, node = option.declared.module, option.declared.node
        param = next((a for a in module.ancestors(node) if isinstance(a, s.Param)), None)
        kind = module.snippet(param.annotation) if param is not None and param.annotation else ""
        return module.quote() * 2 if kind == "str" or file_type(option.declared) is not None else "None"

    def _demands(self, option: _Option, arg: s.Arg) -> bool:
        """``exists=True``, ``type=click.File("rb")``, ``type=read``, ``callback=check``; ``required=True``"""
        if arg.star == "**":
            return self._spreads(option, arg) and self._unused(option)
        if arg.keyword in ("exists", "required"):
            is_set = isinstance(arg.value, s.Const) and arg.value.value is True
            return is_set and (arg.keyword == "exists" or self._unused(option))
        func = arg.value.func if isinstance(arg.value, s.Call) else arg.value
        shown = option.declared.module.snippet(func).rpartition(".")[2]
        if arg.keyword not in _TURNS or _as_file(option):
            return False
        return shown in ("File", "FileType", "open") or self._opens(Site(option.declared.module, arg.value))

    def _spreads(self, option: _Option, arg: s.Arg) -> bool:
        """``**from_environment("KEY_FILE")``: does that demand a value, and do no more than describe it?"""
        made = self.resolver.resolve(Site(option.declared.module, arg.value))
        keys = {text_of(entry.key) for value in made if isinstance(value, Fields) for entry in value.entries}
        return all(isinstance(value, Fields) for value in made) and {"required"} <= keys <= _DESCRIBES

    def _field_notes(self) -> Iterator[str]:
        classes: dict[Class, list[s.Assign]] = {}
        for field, cls in self.fields.items():
            classes.setdefault(cls, []).append(field)
        for cls, fields in classes.items():
            fields.sort(key=lambda field: field.span)
            names = [cls.module.snippet(f.targets[0]) for f in fields]
            where = label_of(cls.module, fields[0])
            what, them = f"The fields {listed(names)} of {cls.node.name} are", "them"
            if len(names) == 1:
                what, them = f"The field {names[0]} of {cls.node.name} is", "it"
            yield f"{what} no longer read and kept for those who fill {them} ({where})."

    # -- what only fills these --------------------------------------------------------------------

    def _idle_arguments(self) -> Iterator[s.Node]:
        """Arguments that are handed to what nobody uses."""
        for param, (module, function) in self.params.items():
            for call in self.resolver.callers(module, function):
                for site in self.resolver.arguments(Param(function, param, Site(module, param)), call):
                    yield site.node
        for field, cls in self.fields.items():
            yield from (site.node for site in self._given(field, cls))

    def _given(self, field: s.Assign, cls: Class) -> Iterator[Site]:
        """What such a field is filled with."""
        name = cls.module.snippet(field.targets[0])
        names = [cls.module.snippet(f.targets[0]) for f in cls.node.body.body if isinstance(f, s.Assign)]
        for site in self.resolver.constructions(cls):
            for index, arg in enumerate(site.call.args):
                by_place = arg.keyword is None and not arg.star and names[index : index + 1] == [name]
                if arg.keyword == name or by_place:
                    yield site.at(arg.value)

    def _is_idle(self, module: Module, node: s.Node) -> bool:
        if self.changes.is_dead(module, node) or node in self._idle:
            return True
        return any(a in self._idle for a in module.ancestors(node))

    # -- options ----------------------------------------------------------------------------------

    def _declared_options(self) -> Iterator[_Option]:
        """``@click.option("--key")`` of a command whose parameter is idle, and ``typer.Option()``."""
        for module in self.resolver.world:
            for function in module.each(s.FuncDef):
                said = (part for param in function.params for part in (param.default, param.annotation))
                made = any(isinstance(n, s.Call) for part in said if part is not None for n in s.walk(part))
                for param in function.params if function.decorators or made else ():
                    call = self._declaration(function, param, module)
                    if call is None:
                        continue
                    uses = self._uses(module, function, param)
                    if param in self.params or (uses and all(self._is_idle(module, u) for u in uses)):
                        flags = [t for t in self._texts(Site(module, call)) if t.startswith("--")]
                        flag = (flags or [f"--{param.name.replace('_', '-')}"])[0]
                        left = tuple(Site(module, u) for u in uses if not self.changes.is_dead(module, u))
                        insisted = param.default is None and call not in function.decorators
                        yield _Option(Site(module, call), flag, left, insisted=insisted)

    def _poured_options(self) -> Iterator[_Option]:
        """``@click.option("--key")`` of ``def cli(**options)``, handed on to a parameter that is idle."""
        for module in self.resolver.world:
            for function in module.each(s.FuncDef):
                kind = next((p for p in function.params if p.kind == "**"), None)
                if kind is None or not function.decorators:
                    continue
                uses = self._uses(module, function, kind)
                unused = bool(uses) and all(self.changes.is_dead(module, use) for use in uses)
                handed = [] if unused else self._handed_on(module, uses)
                named = {param.name for param in function.params}
                for call in function.decorators if handed or unused else ():
                    if not isinstance(call, s.Call) or not module.snippet(call.func).endswith("option"):
                        continue
                    texts = self._texts(Site(module, call))
                    name = destination(texts)
                    filled = [p for params in handed for p in params if p.name == name]
                    idle = filled and all(p in self.params for p in filled)
                    if name not in named and (idle or unused):
                        flag = next((t for t in texts if t.startswith("--")), f"--{name}")
                        yield _Option(Site(module, call), flag, ())

    def _handed_on(self, module: Module, uses: list[s.Node]) -> list[tuple[s.Param, ...]]:
        """The parameters of what gets the whole mapping; nothing where it is used in another way."""
        found: list[tuple[s.Param, ...]] = []
        for use in uses:
            arg = module.parents[use]
            call = module.parents[arg] if isinstance(arg, s.Arg) and arg.star == "**" else None
            callees = self.resolver.callees(Site(module, call)) if isinstance(call, s.Call) else []
            if not callees:
                return []
            found += [callee.node.params for callee in callees]
        return found

    def _uses(self, module: Module, function: s.FuncDef, param: s.Param) -> list[s.Node]:
        scope = module.scopes.inner[function]
        return [u for b in scope.bindings.get(param.name, ()) for u in module.uses.get(b, ())]

    def _declaration(self, function: s.FuncDef, param: s.Param, module: Module) -> s.Call | None:
        """The call that makes an option of a parameter."""
        for decorator in function.decorators:
            if not isinstance(decorator, s.Call) or not module.snippet(decorator.func).endswith("option"):
                continue
            if destination(self._texts(Site(module, decorator))) == param.name:
                return decorator
        for part in (param.default, param.annotation):
            for node in s.walk(part) if part is not None else ():
                if isinstance(node, s.Call) and module.snippet(node.func).endswith(("Option", "Argument")):
                    return node
        return None

    def _parsed_options(self) -> Iterator[_Option]:
        """``parser.add_argument("--key")`` of whose result only removed code read ``key``."""
        added = [call for call in self.resolver.calls if _method(call) in ("add_argument", "add_option")]
        pairs = [pair for each in added for pair in self._in_helper(each)]
        for call, declared, texts in (named for pair in pairs for named in self._by_loop(*pair)):
            dest = next((a.value for a in call.call.args if a.keyword == "dest"), None)
            name = text_of(self.resolver.one(call.at(dest))) if dest is not None else destination(texts)
            flag = next((t for t in texts if t.startswith("--")), texts[0] if texts else "")
            loads = self.forward.loads_of(name, call.module) if name else []
            is_idle = any(self._is_idle(load.module, load.node) for load in loads)
            loads = [load for load in loads if self._is_parsed(load)] if is_idle else []
            alive = [p for p in loads if not self.changes.is_dead(p.module, p.node)]
            left = tuple(p for p in alive if not self.resolver.is_test(p.module))
            if (
                loads
                and (left or len(alive) < len(loads))
                and all(self._is_idle(p.module, p.node) for p in left)
            ):
                taken = next(self._taken(call.module, name or ""), None) if _pours(call.module) else None
                if taken is not None:
                    self._still_taken.setdefault(flag, (declared, taken))
                    continue
                in_helper = declared is not call and isinstance(declared.node, s.Call)
                in_loop = not isinstance(declared.node, s.Call)
                insists = self._insists(call)
                tested = len(left) < len(alive)
                by_place = not any(t.startswith("-") for t in texts) and not _may_be_left_out(call.call)
                asked, insisted = in_helper and insists, (in_loop and insists) or by_place
                yield _Option(declared, flag, left, asked, insisted, tested, name or "")

    def _by_loop(self, call: Site, declared: Site) -> Iterator[tuple[Site, Site, list[str]]]:
        """``for name in ("--org", "--key"): parser.add_argument(name, required=True)``: one for each."""
        texts, first = self._texts(call), call.call.args[0].value if call.call.args else None
        if texts or not isinstance(first, s.Name):
            yield call, declared, texts
            return
        for loop in call.module.ancestors(call.call):
            mine = isinstance(loop, s.For) and isinstance(loop.target, s.Name) and loop.target.id == first.id
            names = loop.iter.items if isinstance(loop, s.For) and isinstance(loop.iter, s.Sequence) else ()
            for name in names if mine else ():
                if isinstance(name, s.Str):
                    yield call, Site(call.module, name), [str(name.value)]

    def _insists(self, call: Site) -> bool:
        """Has the option to be given, as far as is known?"""
        args = call.node.args if isinstance(call.node, s.Call) else ()
        given = (arg.value for arg in args if arg.keyword == "required")
        return any(not isinstance(value, s.Const) or value.value is True for value in given)

    def _taken(self, module: Module, name: str) -> Iterator[Site]:
        """``values["key"]`` of ``values = vars(parser.parse_args())``, in code that stays."""
        for node in module.each(s.Str):
            look = module.parents[node]
            if node.value != name or not isinstance(look, s.Subscript) or look.index is not node:
                continue
            if not is_target(module, look) and not self.changes.is_dead(module, look):
                yield Site(module, look)

    def _in_helper(self, call: Site) -> list[tuple[Site, Site]]:
        """The call for each option that it makes, and where that is declared: where a helper is called."""
        function = call.module.function(call.node)
        if function is None or self._texts(call) or not self._callers_name(call, function):
            return [(call, call)]
        callers = self.resolver.callers(call.module, function)
        return [(Site(call.module, call.node, ((function, each),)), each) for each in callers]

    def _callers_name(self, call: Site, function: s.FuncDef) -> bool:
        """Does a parameter say what the option is called?"""
        args = call.node.args if isinstance(call.node, s.Call) else ()
        named = {node.id for arg in args for node in s.walk(arg) if isinstance(node, s.Name)}
        return any(param.name in named for param in function.params)

    def _is_parsed(self, site: Site) -> bool:
        assert isinstance(site.node, s.Attribute)
        for value in self.resolver.resolve(site):
            base = value.base if isinstance(value, Member | Lib) else None
            if isinstance(base, Param) or parsed_option(value) is not None:
                return True  # args.run(args): who is called is in what was parsed
        return False

    def _texts(self, call: Site) -> list[str]:
        args = call.node.args if isinstance(call.node, s.Call) else ()
        found = [text_of(self.resolver.one(call.at(a.value))) for a in args if a.keyword is None]
        return [text for text in found if text is not None]


def _pours(module: Module) -> bool:
    """Does it make a mapping of all options?"""
    return "vars(" in module.text


def _as_file(option: _Option) -> bool:
    """Is what the option gives still read, closed or entered?"""
    parents = [use.module.parents.get(use.node) for use in option.uses]
    return any(isinstance(parent, s.Attribute | s.WithItem) for parent in parents)


def _method(call: Site) -> str:
    return call.call.func.attr if isinstance(call.call.func, s.Attribute) else ""


def _defaults(option: _Option) -> Iterator[str]:
    """``adobe.key`` of ``--key`` with ``default="adobe.key"``"""
    call = option.declared.node
    for arg in call.args if isinstance(call, s.Call) else ():
        if arg.keyword == "default" and isinstance(arg.value, s.Str) and "." in str(arg.value.value):
            yield str(arg.value.value)


def _may_be_left_out(node: s.Call) -> bool:
    """``add_argument("key", nargs="?")``"""
    counted = (a.value for a in node.args if a.keyword == "nargs")
    return any(isinstance(each, s.Str) and each.value in ("?", "*") for each in counted)
