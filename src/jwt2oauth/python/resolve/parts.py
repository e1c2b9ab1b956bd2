"""What the parts of the resolver ask of each other: each is written in one of them, the mixins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...rules.values import Builder, FormEncoder, Layers, PathReader, Reader
from ..facts import syntax as s
from ..facts.descending import Descent
from ..facts.modules import Module
from ..facts.scopes import Binding, Scope
from ..facts.values import (
    Class,
    Environ,
    Fields,
    Function,
    Given,
    Instance,
    Items,
    Member,
    Result,
    Site,
    Text,
    Value,
)
from .shared import Values


class Parts:
    """Declares what the mixins give."""

    def spelled(self, module: Module, node: s.Node | None) -> str | None:
        raise NotImplementedError

    def field_key(self, cls: Class, attr: str) -> str:
        """See the mixin."""
        raise NotImplementedError

    def _piece(self, site: Site) -> Values:
        raise NotImplementedError

    def _answered(self, values: Iterable[Value], method: str, site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def _concat(self, pieces: list[Values]) -> Iterator[Value]:
        raise NotImplementedError

    def _address(self, name: str, site: Site, node: s.Call) -> Iterable[Value] | None:
        raise NotImplementedError

    def words(self, base: Text, separator: str | None, site: Site) -> Items:
        """See the mixin."""
        raise NotImplementedError

    def _percent(self, site: Site, formats: Values, right: s.Expr) -> Iterator[Value]:
        raise NotImplementedError

    def passed_over(self, binding: Binding, site: Site) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def truth(self, site: Site) -> bool | None:
        """See the mixin."""
        raise NotImplementedError

    def item(self, base: Value, key: Value, site: Site) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def keyed_by(self, base: Value, name: str, site: Site) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def field(self, fields: Fields, name: str) -> Values | None:
        """See the mixin."""
        raise NotImplementedError

    def keyed(self, fields: Fields, name: str, site: Site) -> Values | None:
        """See the mixin."""
        raise NotImplementedError

    def stores_of(self, fields: Fields, name: str) -> Iterator[Site]:
        """See the mixin."""
        raise NotImplementedError

    def filed(self, fields: Fields) -> Values:
        """See the mixin."""
        raise NotImplementedError

    def assigned(self, fields: Fields, attr: str) -> Values:
        """See the mixin."""
        raise NotImplementedError

    def shared_name(self, fields: Fields) -> str:
        """See the mixin."""
        raise NotImplementedError

    def is_mapping(self, site: Site, fields: Fields) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def merged_into(self, fields: Fields, reader: Site) -> Iterator[Site]:
        """See the mixin."""
        raise NotImplementedError

    def updated(self, node: s.Call, here: Site) -> Fields:
        """See the mixin."""
        raise NotImplementedError

    def _elements(self, unpack: tuple[int, ...], site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def element(self, base: Fields | Instance, index: int, site: Site) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def is_typed_dict(self, cls: Class) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def named_tuple(self, made: Result, site: Site, node: s.Call) -> Fields:
        """See the mixin."""
        raise NotImplementedError

    def made_tuple(self, made: Result, site: Site, node: s.Call) -> Iterator[Fields]:
        """See the mixin."""
        raise NotImplementedError

    def builder(self, call: Site) -> Builder | None:
        raise NotImplementedError

    def _safe(self, site: Site) -> Values:
        raise NotImplementedError

    def _gathered(self, site: Site, node: s.Call) -> Iterable[Value]:
        raise NotImplementedError

    def _for_each(self, site: Site, node: s.Call) -> Iterator[Items]:
        raise NotImplementedError

    def _positional(self, call: Site, callers: bool) -> tuple[list[Given], bool]:
        raise NotImplementedError

    def _converted(self, cls: Class, attr: str) -> Iterator[Value]:
        raise NotImplementedError

    def _taken(self, node: s.Node, param: s.Param, params: tuple[s.Param, ...]) -> Iterator[Value]:
        raise NotImplementedError

    def _constructed(self, cls: Class, attr: str, base: Instance) -> Iterator[Value]:
        raise NotImplementedError

    def binding(self, binding: Binding, site: Site) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def _changed(self, binding: Binding, site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def _member_of_module(self, module: Module, name: str, site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def _attribute_entry(self, entry: Binding, site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def attribute(self, base: Value, attr: str, site: Site) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def option_default(self, site: Site, function: s.FuncDef, param: s.Param) -> Site | None:
        """See the mixin."""
        raise NotImplementedError

    def is_command(self, site: Site, function: s.FuncDef) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def _poured(self, cls: Class, attr: str, site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def _unfolded(self, value: Instance) -> Fields:
        raise NotImplementedError

    def passes_over(self, cls: Class) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def _handed_object(self, site: Site, function: s.FuncDef, param: s.Param) -> Iterator[Value]:
        raise NotImplementedError

    def is_context(self, value: Value) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def context_objects(self, module: Module) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def hands_out_settings(self, base: Value) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def is_enumeration(self, cls: Class) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def setting(self, name: str, site: Site) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def _instance_attribute(self, base: Instance, attr: str, site: Site) -> Iterator[Value]:
        raise NotImplementedError

    def mro(self, cls: Class) -> list[Class]:
        """See the mixin."""
        raise NotImplementedError

    def foreign_bases(self, cls: Class) -> list[str]:
        """See the mixin."""
        raise NotImplementedError

    def subclasses(self, cls: Class) -> list[Class]:
        """See the mixin."""
        raise NotImplementedError

    def beside(self, cls: Class) -> list[Class]:
        """See the mixin."""
        raise NotImplementedError

    def _returns(self, callee: Function, site: Site, node: s.Call | None) -> Iterator[Value]:
        raise NotImplementedError

    def _document(self, site: Site, node: s.Call, kind: str) -> Iterator[Value]:
        raise NotImplementedError

    def _file_name(self, site: Site) -> str | None:
        raise NotImplementedError

    def file_names(self, site: Site) -> list[str]:
        """See the mixin."""
        raise NotImplementedError

    def _above(self, fields: Fields, name: str, site: Site) -> tuple[Value, ...] | None:
        raise NotImplementedError

    def _layered(self, row: Layers, site: Site, node: s.Call) -> Fields:
        raise NotImplementedError

    def section(self, base: Result, key: Value) -> Iterator[Value]:
        """See the mixin."""
        raise NotImplementedError

    def _parsed(self, base: Result) -> Iterator[Fields]:
        raise NotImplementedError

    def _pairs(self, value: Items) -> Value:
        raise NotImplementedError

    def _prefix(self, site: Site, reader: Reader) -> str:
        raise NotImplementedError

    def _environ(self, name: str, default: Site | None, site: Site) -> Environ:
        raise NotImplementedError

    def readings(self, value: Value) -> Values:
        """See the mixin."""
        raise NotImplementedError

    def setting_field(self, cls: Class, attr: str) -> Environ | None:
        """See the mixin."""
        raise NotImplementedError

    def group(self, cls: Class, attr: str) -> Class | None:
        """See the mixin."""
        raise NotImplementedError

    def _kind_of(self, cls: Class, attr: str) -> Class | None:
        raise NotImplementedError

    def _mapping(self, module: Module, name: str | None, *kinds: str) -> Iterator[Value]:
        raise NotImplementedError

    def descent(self, module: Module, function: s.FuncDef) -> Descent | None:
        """See the mixin."""
        raise NotImplementedError

    def _descended(self, descent: Descent, callee: Function, site: Site, node: s.Call) -> Iterator[Value]:
        raise NotImplementedError

    def _by_path(self, way: PathReader, site: Site, node: s.Call) -> Iterator[Value]:
        raise NotImplementedError

    def _encoded(self, site: Site, node: s.Call, encoder: FormEncoder) -> Iterator[Value]:
        raise NotImplementedError

    def _make_dict(self, site: Site, node: s.Call) -> Fields | None:
        raise NotImplementedError

    def _chain_map(self, site: Site, node: s.Call) -> Iterator[Value]:
        raise NotImplementedError

    def _dict_method(self, base: Fields, method: str, site: Site, node: s.Call) -> Iterator[Value]:
        raise NotImplementedError

    def _substituted(self, made: Value | None, site: Site, node: s.Call) -> list[Value] | None:
        raise NotImplementedError

    def _text_method(self, base: Text, method: str, site: Site, node: s.Call) -> Iterator[Value]:
        raise NotImplementedError

    def _by_method_name(self, callee: Member, method: str) -> Function | None:
        raise NotImplementedError

    def _param(self, site: Site, node: s.Param, scope: Scope) -> Iterator[Value]:
        raise NotImplementedError

    def _given(self, site: Site, function: s.FuncDef, name: str) -> Iterator[Value]:
        raise NotImplementedError

    def is_fixture(self, module: Module, function: s.FuncDef) -> bool:
        """See the mixin."""
        raise NotImplementedError

    def callees(self, site: Site) -> list[Function]:
        """See the mixin."""
        raise NotImplementedError

    def _fixture_names(self, module: Module, function: s.FuncDef) -> set[str]:
        raise NotImplementedError

    def program_callers(self, module: Module, function: s.FuncDef) -> list[Site]:
        """See the mixin."""
        raise NotImplementedError

    def constructions(self, cls: Class) -> list[Site]:
        """See the mixin."""
        raise NotImplementedError

    def copies(self, cls: Class) -> Iterator[Site]:
        """See the mixin."""
        raise NotImplementedError

    def relayed(self, module: Module, call: s.Call) -> s.Call | None:
        """See the mixin."""
        raise NotImplementedError

    def _refresh(self) -> None:
        raise NotImplementedError
