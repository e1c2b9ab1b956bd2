"""The expressions that ask for the scopes, and the names by which they are asked for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ..facts import syntax as s
from ..facts.values import Site
from ..following.lookups import environ_name
from .setting import Setting, renamed

COMMON = "ADOBE_SCOPES"


class Wording:
    """Words a setting in the quotes of the code around it."""

    def __init__(self, default: str | None, quote: str, taken: AbstractSet[str]) -> None:
        """Know the scopes (``default``, None where none are published) and the ``taken`` names."""
        self.default = default
        self.quote = quote
        self.taken = taken
        """Names that the metascopes go by: a setting of the same name would be read as scopes."""
        self.common = COMMON
        """The variable of the environment for scopes beside which nothing says how settings are called."""

    def quoted(self, text: str) -> str:
        """``text`` as a literal in the quotes of this code."""
        return f"{self.quote}{text}{self.quote}"

    def named(self, key: str) -> str:
        """The name of the setting beside ``key``."""
        return self.free(renamed(key))

    def free(self, name: str) -> str:
        """``name``, or a longer one where that is taken."""
        if name not in self.taken:
            return name
        stem, word = name[: -len("scopes")], name[-len("scopes") :]
        if word.isupper():
            return f"{stem}OAUTH_{word}"
        return f"{stem}oauth_{word}" if word.islower() else f"{stem}Oauth{word}"

    def plain(self, at: Site) -> Setting:
        """A literal, or an environment variable that has to be set where no scopes are published.

        Not before a module can be imported that only gives a name to what stands there.
        """
        if self.default is not None:
            return Setting((self.quoted(self.default),), "", literal=True)
        base = environ_name(at.module)
        name = self.free(self.common)
        environ, quoted = base or "os.environ", self.quoted(name)
        named = isinstance(at.module.parents.get(at.node), s.Assign) and at.module.function(at.node) is None
        return Setting(
            (f"{environ}.get({quoted}, {self.quoted('')})" if named else f"{environ}[{quoted}]",),
            f"the environment variable {name}",
            variable=name,
            required=True,
            imports_os=base is None,
        )

    def environment(self, base: str, name: str, key: str) -> Setting:
        """``os.environ`` itself."""
        where = f"the environment variable {name}"
        if self.default is None:
            template = f"{base}[{self.quoted(name)}]"
        else:
            template = f"{base}.get({self.quoted(name)}, {self.quoted(self.default)})"
        return Setting((template,), where, variable=name, sibling=key, required=self.default is None)

    def got(self, getter: str, required: str, key: str, name: str) -> Setting:
        """An entry of a mapping, by ``getter`` with the default where there is one."""
        where = f'"{name}" in the configuration'
        if self.default is None:
            return Setting((required,), where)
        return Setting((f"{getter}({key}, {self.quoted(self.default)})",), where)
