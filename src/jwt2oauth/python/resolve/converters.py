"""Functions that a library calls with what a field is given, to put there what they give.

``lifetime: int = attrs.field(converter=to_seconds)``, ``Annotated[float, BeforeValidator(to_seconds)]``,
``@field_validator("expires_in")``: no call says what such a function gets, but whoever makes the object does.
Only those that compute are followed; what others give is what they are given.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Class, Closure, Function, Instance, Result, Site, Value, name_of
from .base import Base
from .shared import declared, members

Field = tuple[Class, str]
_ALIASES = 4
"""Names followed to what is written in an annotation."""


class Converters(Base):
    """Finds them by their fields, and the fields by them."""

    def converter(self, cls: Class, attr: str) -> Function | Closure | None:
        """What computes the value of a field of what that is given, if it does so for nothing else."""
        found = [made for made, fields in self._field_converters().values() if (cls, attr) in fields]
        return found[0] if len(found) == 1 and self.converts(_node(found[0])) is not None else None

    def converts(self, node: s.Node) -> Field | None:
        """The one field for which a function or lambda is there, and nobody else calls it."""
        made, fields = self._field_converters().get(node, (None, []))
        if len(fields) != 1 or (isinstance(made, Function) and self.program_callers(made.module, made.node)):
            return None
        return fields[0]

    def is_fed(self, node: s.Node) -> bool:
        """Is it there for one field, and is it known what that is given?"""
        field = self.converts(node)
        return field is not None and any(self._constructed(*field, Instance(field[0])))

    def is_converter_there(self, site: Site) -> bool:
        """Does the expression at ``site`` say which function converts a field?"""
        if not any(site.module.holds(word) for word in self._converter_words):
            return False
        owner = site.module.scope(site.node).node
        fields = declared(Class(site.module, owner)) if isinstance(owner, s.ClassDef) else ()
        within = {site.node, *site.module.ancestors(site.node)}
        return any(stmt in within for stmt in fields) or any(
            isinstance(node, s.Call) and self._is_annotation(site.at(node)) for node in within
        )

    def _converted(self, cls: Class, attr: str) -> Iterator[Value]:
        """What a field holds whose value is made by such a function."""
        made = self.converter(cls, attr)
        if isinstance(made, Function):
            yield from self._returns(made, Site(made.module, made.node), None)
        elif isinstance(made, Closure) and isinstance(made.site.node, s.Lambda):
            yield from self._again(made.site.at(made.site.node.body))

    def _taken(self, node: s.Node, param: s.Param, params: tuple[s.Param, ...]) -> Iterator[Value]:
        """What such a function gets: whatever the field is given."""
        field = self.converts(node) if params[:1] == (param,) else None
        if field is None:
            return
        yield from self._constructed(*field, Instance(field[0]))
        for stmt in declared(field[0]):
            made = stmt.value if isinstance(stmt.value, s.Call) else None
            by_call = any(arg.keyword in self._arguments for arg in made.args) if made is not None else False
            if made is not None and by_call and getattr(stmt.targets[0], "id", "") == field[1]:
                yield from self._again(Site(field[0].module, made))  # the default is converted, too

    @property
    def _arguments(self) -> tuple[str, ...]:
        return self.rules.values.converters.arguments

    def _field_converters(self) -> dict[s.Node, tuple[Function | Closure, list[Field]]]:
        self._refresh()
        if self._converters is None:
            self._converters = {}  # the look-up below may come back here
            found: dict[s.Node, tuple[Function | Closure, list[Field]]] = {}
            for made, field in self._converting():
                if _computes(_node(made)):
                    found.setdefault(_node(made), (made, []))[1].append(field)
            self._converters = found
            self._memo.clear()
        return self._converters

    def _converting(self) -> Iterator[tuple[Function | Closure, Field]]:
        worded = [m for m in self.index.loaded if any(m.holds(word) for word in self._converter_words)]
        for cls in [each for classes in self._classes.values() for each in classes] if worded else ():
            for stmt in declared(cls):
                assert isinstance(stmt.targets[0], s.Name)
                for given in self._naming(cls, stmt):
                    yield from ((made, (cls, stmt.targets[0].id)) for made in self._own_functions(given))
            for method in members(cls).methods if cls.module in worded else ():
                for name in self._validating(cls, method):
                    yield Function(cls.module, method, cls), (cls, name)

    def _naming(self, cls: Class, stmt: s.Assign) -> Iterator[Site]:
        """The expressions that name the converters of a field."""
        for arg in stmt.value.args if isinstance(stmt.value, s.Call) else ():
            if arg.keyword in self._arguments:
                yield Site(cls.module, arg.value)
        if stmt.annotation is not None:
            yield from self._annotated(Site(cls.module, stmt.annotation))

    def _annotated(self, site: Site, depth: int = _ALIASES) -> Iterator[Site]:
        """``f`` in ``Annotated[int, BeforeValidator(f)] | None``, also by way of a name."""
        node = site.node
        if isinstance(node, s.Call) and node.args and self._is_annotation(site):
            yield site.at(node.args[0].value)
        elif isinstance(node, s.Subscript):
            inner = node.index.items if isinstance(node.index, s.Sequence) else (node.index,)
            for each in inner:
                yield from self._annotated(site.at(each), depth)
        elif isinstance(node, s.Binary) and node.op == "|":
            for each in (node.left, node.right):
                yield from self._annotated(site.at(each), depth)
        elif isinstance(node, s.Name) and depth:
            for binding in site.module.scopes.bindings_of(node):
                for named in self._written(site, binding.node, binding.value):
                    yield from self._annotated(named, depth - 1)

    def _written(self, site: Site, node: s.Node, value: s.Node | None) -> Iterator[Site]:
        """What a name of an annotation is written to be, here or in another module of the project."""
        statement = site.module.parents.get(node)
        if value is not None:
            yield Site(site.module, value)
        elif isinstance(node, s.Alias) and isinstance(statement, s.ImportFrom):
            other = self.index.imported(site.module.path, statement.module, statement.level)
            for binding in other.scopes.module.bindings.get(node.name, ()) if other is not None else ():
                if other is not None and binding.value is not None:
                    yield Site(other, binding.value)

    def _is_annotation(self, site: Site) -> bool:
        names = self.rules.values.converters.annotations
        func = site.node.func if isinstance(site.node, s.Call) else None
        return func is not None and any(name_of(v) in names for v in self._safe(site.at(func)))

    def _own_functions(self, site: Site) -> Iterator[Function | Closure]:
        """The project's among what is named: ``f``, ``optional(f)``, ``pipe(int, f)``."""
        for value in self._safe(site):
            if isinstance(value, Function | Closure):
                yield value
            elif isinstance(value, Result) and isinstance(site.node, s.Call):
                for arg in site.node.args:
                    yield from self._own_functions(site.at(arg.value))

    def _validating(self, cls: Class, method: s.FuncDef) -> Iterator[str]:
        """The fields that ``@field_validator("expires_in", mode="before")`` names."""
        for written in method.decorators:
            if not isinstance(written, s.Call):
                continue
            names = {name_of(v) for v in self._safe(Site(cls.module, written.func))}
            if names & {*self.rules.values.converters.decorators}:
                yield from (
                    str(a.value.value) for a in written.args if isinstance(a.value, s.Str) and not a.keyword
                )


def _node(made: Function | Closure) -> s.Node:
    return made.node if isinstance(made, Function) else made.site.node


def _computes(node: s.Node) -> bool:
    """Does it make another number of what it is given, or a length of time?"""
    return any(
        (isinstance(each, s.Binary) and each.op in ("/", "//", "*"))
        or (isinstance(each, s.Arg) and each.keyword == "milliseconds")
        for each in s.walk(node)
    )
