"""What a command line hands to functions: the defaults of options, and click's object for all commands."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Fields, Instance, Lib, Param, Site, Value, name_of, text_of
from .base import Base
from .shared import destination

_OPTION = ("click.option", "click.argument", "rich_click.option", "asyncclick.option")
_PASS_OBJECT = ("click.pass_obj",)
_PASS_CONTEXT = ("click.pass_context",)


class Options(Base):
    """What a command line hands to functions."""

    def option_default(self, site: Site, function: s.FuncDef, param: s.Param) -> Site | None:
        """``default=`` of the ``@click.option`` that fills a parameter."""
        for decorator in function.decorators:
            if not isinstance(decorator, s.Call) or not self._is(site.at(decorator.func), _OPTION):
                continue
            shown = [text_of(self.one(site.at(a.value))) for a in decorator.args if a.keyword is None]
            if destination([text for text in shown if text is not None]) == param.name:
                given = next((a.value for a in decorator.args if a.keyword == "default"), None)
                return site.at(given) if given is not None else None
        return None

    def is_command(self, site: Site, function: s.FuncDef) -> bool:
        """Do the words of a command line fill the parameters? Then no call of it in the project does."""
        names = (*_OPTION, *_PASS_OBJECT, *_PASS_CONTEXT)
        bare = [d.func if isinstance(d, s.Call) else d for d in function.decorators]
        return any(self._is(site.at(decorator), names) for decorator in bare)

    def is_filled_by_words(self, param: Param) -> bool:
        """Is it an option of a command line?"""
        site = Site(param.site.module, param.function)
        return self.option_default(site, param.function, param.param) is not None

    def _handed_object(self, site: Site, function: s.FuncDef, param: s.Param) -> Iterator[Value]:
        """The first parameter of a ``@click.pass_obj`` command."""
        if function.params[:1] == (param,) and self._decorated(site, function, _PASS_OBJECT):
            yield from self.context_objects(site.module)

    def is_context(self, value: Value) -> bool:
        """Is it click's context, the first parameter of a ``@click.pass_context`` command?"""
        if not isinstance(value, Param) or value.function.params[:1] != (value.param,):
            return False
        return self._decorated(Site(value.site.module, value.function), value.function, _PASS_CONTEXT)

    def context_objects(self, module: Module) -> Iterator[Value]:
        """What any command of the program of ``module`` puts into ``ctx.obj``."""
        self._refresh()
        for site in self.near(module, self._attribute_stores.get("obj", ())):
            if isinstance(site.node, s.Assign) and site.node.value is not None:
                yield from self._again(site.at(site.node.value))
        for site in self.near(module, self._calls.get("ensure_object", ())):
            given = site.node.args[:1] if isinstance(site.node, s.Call) else ()
            for value in self._again(site.at(given[0].value)) if given else ():
                if isinstance(value, Class):
                    yield Instance(value, site)
                elif isinstance(value, Lib) and value.name == "dict":
                    yield Fields((), site)

    def _decorated(self, site: Site, function: s.FuncDef, names: tuple[str, ...]) -> bool:
        return any(self._is(site.at(decorator), names) for decorator in function.decorators)

    def _is(self, site: Site, names: tuple[str, ...]) -> bool:
        return any(name_of(value) in names for value in self._again(site))
