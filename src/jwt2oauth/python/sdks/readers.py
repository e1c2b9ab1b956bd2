"""Who else reads a configuration file of an SDK."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from ...paths import CONFIG
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Fields, Site, name_of
from ..following.forward import Forward, Use
from ..resolve import Resolver, is_target
from ..roles.trace import label_of
from ..writing.changes import Changes
from .find import Config

_READING = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "read_json", "read", "load"}
)


class FileReaders:
    """Asks of the whole tree; ``read`` gives the bytes of a file in it."""

    def __init__(
        self, resolver: Resolver, forward: Forward, paths: Collection[str], read: Callable[[str], bytes]
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.paths = paths
        self.read = read

    def other(self, config: Config, known: Collection[s.Node], changes: Changes) -> str:
        """Say where something else than the ``known`` calls reads or writes a file; empty if nothing does.

        Tests do not count: they change with the file, or are told. What ``changes`` remove reads nothing.
        """
        name = config.module.path.rpartition("/")[2]
        modules, are_all = self.resolver.index.mentioning(name, config.module.path)
        for module in modules:
            for node in module.each(s.Call):
                self.resolver.callees(Site(module, node))  # loads the modules that it leads to
        for module in self.resolver.index.loaded:
            for node in module.each(s.Call) if not self.resolver.is_test(module) else ():
                site = Site(module, node)
                if node in known or not self._is_about(site, node, config.module.path):
                    continue
                if not changes.is_dead(module, node) and not self._takes_others(config, site, changes):
                    return label_of(module, node)
        keys = [key.rpartition(".")[2].encode() for key in config.row.drop]
        is_program = re.compile(self.resolver.rules.mentions.programs.files).search
        for path in self.paths:
            if is_program(path):
                text = self.read(path)
                if name.encode() in text and any(key in text for key in keys):
                    return path
        return "" if are_all else f"the other programs that name {name}"

    def own(self, config: Config) -> str:
        """Say which program of the project's own spells keys of a file that an SDK's program reads.

        It may be configured by the same file, or by one that only looks like it: where it does not
        say the file's name, one key is too little.
        """
        keys = {key.rpartition(".")[2] for key in (*config.row.jwt, *config.row.drop)}
        name = config.module.path.rpartition("/")[2]
        index = self.resolver.index
        asking = self._asking(name)
        for module in index.loaded:
            spelled = _spelled(module, attributes=module in asking)
            enough = 1 if any(isinstance(text, str) and text.endswith(name) for text in spelled) else 2
            both = spelled & keys
            is_own = len(both) >= enough and not self.resolver.is_test(module)
            if enough > 1 and is_own and self._says_elsewhere(config, both):
                continue
            if is_own and index.ours([config.module.path], [module.path]):
                return module.path
        return ""

    def _says_elsewhere(self, config: Config, keys: Collection[object]) -> bool:
        """Has another configuration file the same keys, so that a program may be configured by that?"""
        others = [path for path in self.paths if path.endswith(CONFIG) and path != config.module.path]
        words = [str(key).encode() for key in keys]
        mine = self.resolver.index.ours(others, [config.module.path])
        return any(all(word in text for word in words) for text in map(self.read, mine))

    def is_of_our_own(self, config: Config) -> bool:
        """Do programs of the project's own spell all that such a file has of the JWT credential?"""
        index = self.resolver.index
        modules = [module for module in index.loaded if not self.resolver.is_test(module)]
        ours = [module for module in modules if index.ours([config.module.path], [module.path])]
        files, tools = self.resolver.documents, self.resolver.rules.mentions.programs.hands
        if files is not None and any(files.handing(config.module.path, tools)):
            return False  # the tool's own configuration hands it on
        keys = {s.key_text(item) for item in config.keys}
        asking = self._asking(config.module.path.rpartition("/")[2])
        return keys <= set().union(*(_spelled(module, attributes=module in asking) for module in ours))

    def _asking(self, name: str) -> list[Module]:
        """The programs that a file of this ``name`` may come to as an object: ``config.tech_acct``."""
        index = self.resolver.index
        saying = [m for m in index.loaded if not self.resolver.is_test(m) and _says(m, name)]
        return index.kin(saying) if saying else []

    def _takes_others(self, config: Config, site: Site, changes: Changes) -> bool:
        """``with open(path) as f: org = json.load(f)["org_id"]``: are all keys that are read others?"""
        gone = {key.rpartition(".")[2] for key in config.row.drop}
        function = site.module.function(site.node)
        taken = 0
        for node in site.module.each(s.Call):
            if site.module.function(node) is not function:
                continue
            found = self.resolver.resolve(Site(site.module, node))
            if not any(isinstance(v, Fields) and v.site.module is config.module for v in found):
                continue
            for use in self.forward.uses(Site(site.module, node)):
                if changes.is_dead(use.module, use.node):
                    continue
                key = _key_of(use)
                if key is None or key in gone:
                    return False
                taken += 1
        return taken > 0

    def _is_about(self, site: Site, node: s.Call, path: str) -> bool:
        """Does a call open the file at ``path``? Another program must say more than its name."""
        func = node.func
        last = s.last_name(func)
        if last not in _READING and not any(
            (name_of(value) or "").rpartition(".")[2] in _READING
            for value in self.resolver.resolve(site.at(func))
        ):
            return False
        given = [site.at(arg.value) for arg in node.args if arg.keyword is None and not arg.star][:1]
        if isinstance(func, s.Attribute):
            given.append(site.at(func.value))
        written = [name for each in given for name in self.resolver.file_names(each)]
        ends = [end for end in written if end.rpartition("/")[2] == path.rpartition("/")[2]]
        foreign = bool(ends) and self.resolver.index.is_others(path, site.module.path)
        return any(
            not foreign or ("/" in end and f"/{path}".endswith(f"/{end.lstrip('./')}")) for end in ends
        )


def _says(module: Module, name: str) -> bool:
    """Does a program say the file's name itself?"""
    texts = (node.value for node in module.each(s.Str))
    return any(isinstance(text, str) and text.endswith(name) for text in texts)


def _spelled(module: Module, *, attributes: bool) -> set[object]:
    """The texts of a program, and the names of fields: ``priv_key_path: str`` of a model is filled by one.

    ``attributes``: those of objects that it asks as well.
    """
    texts: set[object] = {node.value for node in module.each(s.Str)}
    fields = module.each(s.Assign)
    targets = (node.targets[0] for node in fields if node.annotation is not None)
    texts |= {target.id for target in targets if isinstance(target, s.Name)}
    asked = module.each(s.Attribute) if attributes else ()
    return texts | {node.attr for node in asked}


def _key_of(use: Use) -> str | None:
    """The key of ``config["org_id"]`` and ``config.get("org_id")``; None for any other use."""
    parent = use.parent
    call = use.module.parents[parent] if isinstance(parent, s.Attribute) and parent.attr == "get" else None
    key: s.Node | None = None
    if isinstance(parent, s.Subscript) and parent.value is use.node and not is_target(use.module, parent):
        key = parent.index
    elif isinstance(call, s.Call) and call.func is parent and call.args:
        key = call.args[0].value
    return str(key.value) if isinstance(key, s.Str) else None
