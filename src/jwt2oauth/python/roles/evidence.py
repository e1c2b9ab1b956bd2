"""Evidence of Adobe, and against it: paths, hosts, claims, metascopes.

Nothing is an exchange, and nothing is reported, without evidence of Adobe in the flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.values import Entry, Environ, Fields, Lit, Member, Param, Site, Text, Value, chain, text_of
from ..resolve import Resolver
from .exchange import Exchange, Form
from .signing import CLAIMS, Encoding

_SCOPE = re.compile(r"(?i)scope")


class Evidence:
    """Judges addresses, claims and whole exchanges by what the rules know of the provider."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        """Make the patterns of ``rules``, once."""
        self.resolver = resolver
        self.provider = rules.provider
        self._products = {name for row in rules.scopes for name in row.metascopes}
        paths = "|".join(re.escape(p) for p in self.provider.exchange_paths)
        bare = "|".join(re.escape(p.lstrip("/")) for p in self.provider.exchange_paths)
        # Below the client's base_url, a path may begin without a slash.
        self._path = re.compile(rf"(?:{paths}|(?<![^\x00])(?:{bare}))/?(?=$|[?#\x00])")
        parts = set.intersection(*(set(path.split("/")) - {""} for path in self.provider.exchange_paths))
        spoken = (*self.provider.hosts, self.provider.fields.assertion)
        self._spoken = re.compile(
            rf"(?:^|/)(?:{'|'.join(sorted(map(re.escape, parts)))})(?:/|$)|{'|'.join(map(re.escape, spoken))}"
        )
        hosts = "|".join(re.escape(h) for h in self.provider.hosts)
        self._host = re.compile(rf"(?:{hosts})", re.IGNORECASE)
        claimed = (self.provider.metascope_path, self.provider.audience_path, *self.provider.hosts)
        claimed = (*claimed, self.provider.issuer_suffix, self.provider.subject_suffix)
        self._claimed = re.compile("|".join(map(re.escape, claimed)), re.IGNORECASE)
        prefix = re.escape(self.provider.metascope_path)
        self._metascope = re.compile(rf"{prefix}([A-Za-z0-9_]+)$")

    # -- addresses ----------------------------------------------------------------------------

    def speaks(self, text: str) -> bool:
        """May the text be part of an exchange's address, or of its form?"""
        return self._spoken.search(text) is not None

    def path_in(self, url: Text) -> bool:
        """Does the text hold a path of the exchange?"""
        return self._path.search(url.fold()) is not None

    def match_path(self, url: Text) -> re.Match[str] | None:
        """The path of the exchange in a text whose gaps are NUL."""
        return self._path.search(url.fold("\x00"))

    def is_token_url(self, url: Text) -> bool:
        """Does the text name a host of Adobe, or a token endpoint?"""
        folded = url.fold()
        return self._host.search(folded) is not None or any(p in folded for p in self.provider.token_paths)

    def in_words(self, line: str) -> bool:
        """Does one of the words of a command hold a path of the exchange?"""
        return any(self._path.search(word.strip("\"'")) for word in line.split())

    # -- claims -------------------------------------------------------------------------------

    def may_claim(self, text: str) -> bool:
        """May the text be part of claims for Adobe, as a key or what it holds?"""
        return text in CLAIMS or self._claimed.search(text) is not None

    def adobe_claims(self, values: Iterable[Value]) -> bool:
        """Do claims name Adobe: audience, metascope, organisation or technical account?

        Adobe's host as the issuer is that of Adobe's own tokens, which tests of who takes these imitate.
        """
        for value in values:
            if not isinstance(value, Fields):
                continue
            for entry in value.entries:
                if self.metascope_in(entry.key) is not None:
                    return True
                if entry.value is None:
                    continue
                contents = self.resolver.resolve(entry.value)
                issued = text_of(entry.key) == "iss"
                for content in (v for given in contents for v in self.resolver.readings(given)):
                    shown = _shown(content)
                    if (self._host.search(shown) and not issued) or shown.endswith(
                        (self.provider.issuer_suffix, self.provider.subject_suffix)
                    ):
                        return True
        return False

    def _foreign_claims(self, values: Iterable[Value]) -> bool:
        """Do claims name somebody else's host?"""
        for value in values:
            for entry in value.entries if isinstance(value, Fields) else ():
                found = [entry.key, *(self.resolver.resolve(entry.value) if entry.value is not None else ())]
                if any(_HOST.match(shown) and not self._host.search(shown) for shown in map(_shown, found)):
                    return True
        return False

    def _cannot_be_ours(self, values: Sequence[Value]) -> bool:
        """Are all claims known by name, and none a metascope, without which Adobe gives no token?"""
        path = self.provider.metascope_path
        return bool(values) and all(
            isinstance(value, Fields)
            and not (value.open or value.rest)
            and all(
                isinstance(e.key, Text) and e.key.known and path not in e.key.fold() for e in value.entries
            )
            for value in values
        )

    def is_anothers(self, encoding: Encoding) -> bool:
        """Is it signed for somebody else, who shares the request?"""
        return self._foreign_claims(encoding.claims) and not self.adobe_claims(encoding.claims)

    def is_audience(self, value: Value) -> bool:
        """Is it the audience that Adobe's exchange asks for, ``https://ims-na1.adobelogin.com/c/…``?"""
        match = self._host.search(_shown(value))
        return match is not None and _shown(value)[match.end() :].startswith(self.provider.audience_path)

    def metascopes(self, claims: Iterable[Value]) -> list[tuple[str, Site]]:
        """The metascopes that claims name, with the places of their keys; those of tests do not count.

        Where nothing but tests asks for any, theirs do.
        """
        named: dict[Site, dict[str, Entry]] = {}
        found: dict[tuple[str, Site], bool] = {}
        for value in claims:
            for entry in value.entries if isinstance(value, Fields) else ():
                name = self.metascope_in(entry.key)
                if name is not None and entry.value is not None:
                    named.setdefault(entry.site, {})[name] = entry
                    said = (name, entry.site)
                    found[said] = found.get(said, False) or not (
                        self._is_of_tests(entry.key) or self._is_never_asked(entry)
                    )
        others = [
            (name, site)
            for site, entries in named.items()
            for name, entry in entries.items()
            if len(entries) > 1 and self._is_another(name, entry.key)
        ]
        for said in others:
            del found[said]
        return [said for said, ours in found.items() if ours] or [*found]

    def _is_another(self, name: str, key: Value) -> bool:
        """Is it another setting's value, a secret perhaps, where any of them may be asked for?"""
        if self._is_ours(name):
            return False
        parts = key.parts if isinstance(key, Text) else ()
        items = (
            p.site.module.parents.get(p.site.node) for p in parts if isinstance(p, Lit) and p.text == name
        )
        return any(isinstance(i, s.Item) and not _SCOPE.search(_key_of(i)) for i in items)

    def _is_of_tests(self, key: Value) -> bool:
        parts = key.parts if isinstance(key, Text) else ()
        return any(isinstance(part, Lit) and self.resolver.is_test(part.site.module) for part in parts)

    def _is_never_asked(self, entry: Entry) -> bool:
        """Does it hang on ``if admin:``, a parameter that no call of the program makes true?"""
        return any(held and self._is_off(test) for test, held in self._hangs_on(entry))

    def conditions(self, exchange: Exchange) -> Iterator[tuple[str, Site]]:
        """The metascopes that are asked for, or taken back, on a condition of their own, with its place."""
        asked: dict[tuple[s.Node, str], Site | None] = {}
        for encoding in exchange.encodings:
            for value in (each for each in encoding.claims if isinstance(each, Fields)):
                around = {encoding.site.node, *encoding.site.module.ancestors(encoding.site.node)}
                own: dict[str, Site | None] = {}
                for entry in value.entries:
                    name = self.metascope_in(entry.key)
                    if name is None:
                        continue
                    if name not in exchange.conditional:  # what all claims hang on, is no condition of one
                        around |= {value.site.node, *value.site.module.ancestors(value.site.node)}
                    tests = (test for test, _ in self._hangs_on(entry) if not self._is_around(test, around))
                    if entry.value is None or own.get(name, entry) is not None:
                        own[name] = next(tests, None)  # ``del claims[…]``: of what was asked for before
                for name, test in own.items():  # one branch took it back, the other did not
                    asked[value.site.node, name] = asked.get((value.site.node, name)) or test
        found: dict[str, Site | None] = {}
        for (_, name), test in asked.items():
            found[name] = test if found.get(name, test) is not None else None
        return ((name, test) for name, test in found.items() if test is not None)

    def _hangs_on(self, entry: Entry) -> Iterator[tuple[Site, bool]]:
        """The conditions around an entry and what names the metascope in its key, whatever the host."""
        yield from _hangs_on(entry.site)
        host = _shown(entry.key).partition(self.provider.metascope_path)[0]
        end = 0
        for part in entry.key.parts if isinstance(entry.key, Text) else ():
            end += len(part.text) if isinstance(part, Lit) else 1
            if isinstance(part, Lit) and end > len(host):
                yield from _hangs_on(part.site)

    def _is_around(self, test: Site, around: set[s.Node]) -> bool:
        """Is it all of the signing that hangs on it, or ``if __name__ == "__main__":``?"""
        names = (each.id for each in s.walk(test.node) if isinstance(each, s.Name))
        return test.module.parents[test.node] in around or "__name__" in names

    def _is_off(self, site: Site) -> bool:
        module, test = site.module, site.node
        function = module.function(test) if isinstance(test, s.Name) else None
        if function is None or not isinstance(test, s.Name):
            return False
        param = next((p for p in function.params if p.name == test.id), None)
        if param is None or len(module.scope(param).bindings.get(param.name, ())) != 1:
            return False
        here = Param(function, param, Site(module, param))
        calls = self.resolver.program_callers(module, function)
        given = [self.resolver.arguments(here, call) for call in calls]
        return bool(given) and all(
            values and all(isinstance(v.node, s.Const) and not v.node.value for v in values)
            for values in given
        )

    def unread(self, claims: Iterable[Value]) -> list[Site]:
        """Where claims name a metascope that nobody knows before the program runs."""
        found: dict[Site, bool] = {}
        for value in claims:
            for entry in value.entries if isinstance(value, Fields) else ():
                is_known = self.metascope_in(entry.key) is not None
                if is_known or f"{self.provider.metascope_path}\x00" in _shown(entry.key):
                    where = Site(entry.site.module, entry.site.node)
                    found[where] = is_known or found.get(where, False)
        return [where for where, is_known in found.items() if not is_known]

    def metascope_in(self, key: Value) -> str | None:
        """``ent_user_sdk`` in ``https://ims…/s/ent_user_sdk``; somebody else's host is no evidence."""
        written = self.resolver.written(key) if isinstance(key, Text) else ()
        return next((name for name in map(self._metascope_of, written) if name is not None), None)

    def _metascope_of(self, key: Text) -> str | None:
        shown = _shown(key)
        match = self._metascope.search(shown)
        if match is None:
            return None
        before = shown[: match.start()]
        known_host = "://" in before and "\x00" not in before
        if known_host:
            return match[1] if self._host.search(before) else None
        return match[1] if self._is_ours(match[1]) or self._host.search(before) else None

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self.provider.metascope_prefix) or name in self._products

    # -- exchanges ----------------------------------------------------------------------------

    def looks_like(self, exchange: Exchange) -> bool:
        fields = self.provider.fields
        if any(self.path_in(url) for url in exchange.urls):
            return True
        for form in exchange.forms:
            names = {text_of(e.key) for e in form.fields.entries if e.value is not None}
            if fields.assertion in names and (fields.client_id in names or fields.client_secret in names):
                return True
        return False

    def is_adobe(self, exchange: Exchange) -> bool:
        """Is there evidence of Adobe, and none against it?"""
        if any(self.path_in(url) or self._host.search(url.fold()) for url in exchange.urls):
            return True
        if exchange.metascopes or any(self.adobe_claims(e.claims) for e in exchange.encodings):
            return True
        if any(u.known or _elsewhere(u) for u in exchange.urls):
            return False
        if any(self._foreign_claims(e.claims) for e in exchange.encodings):
            return False
        if exchange.encodings and all(self._cannot_be_ours(e.claims) for e in exchange.encodings):
            return False
        fields = self.provider.fields
        wanted = {fields.client_id, fields.client_secret, fields.assertion}
        return any(wanted <= {text_of(e.key) for e in form.fields.entries} for form in exchange.forms)

    def goes_beside_aem(self, exchange: Exchange) -> bool:
        """Does a credential of the Adobe Developer Console go AEM's way: is its client id sent, too?"""
        clients = [v for form in exchange.forms for v in self._clients(form) if not self._is_of_aem(v)]
        told = any(name not in self.provider.aem.metascopes for name, _ in exchange.metascopes)
        return any(text_of(v) or (told and isinstance(v, Environ | Member)) for v in clients)

    def _clients(self, form: Form) -> Iterator[Value]:
        for entry in form.entries(self.provider.fields.client_id):
            yield from self.resolver.resolve(entry.value) if entry.value is not None else ()

    def _is_of_aem(self, value: Value) -> bool:
        aem = self.provider.aem
        keys = {v.key for v in chain(value) if isinstance(v, Member)}
        for lit in value.parts if isinstance(value, Text) else ():
            if isinstance(lit, Lit):
                items = [
                    node for node in lit.site.module.ancestors(lit.site.node) if isinstance(node, s.Item)
                ]
                keys |= {str(item.key.value) for item in items if isinstance(item.key, s.Str)}
        known = text_of(value) or ""
        return known.startswith(aem.client_id_prefix) or any({*path} <= keys for path in aem.json_keys)

    def is_aem(self, exchange: Exchange) -> bool:
        """Are AEM's service credentials exchanged, if perhaps beside others?"""
        aem = self.provider.aem
        if any(name in aem.metascopes for name, _ in exchange.metascopes):
            return True
        for form in exchange.forms:
            for entry in form.entries(self.provider.fields.client_id):
                if entry.value is None:
                    continue
                values = self.resolver.resolve(entry.value)
                for value in (v for given in values for v in self.resolver.readings(given)):
                    known = text_of(value)
                    if known and re.match(rf"{re.escape(aem.client_id_prefix)}\d", known):
                        return True
                    keys = [v.key for v in chain(value) if isinstance(v, Member)]
                    if any(set(path) <= set(keys) for path in aem.json_keys):
                        return True
                spelled = {*self._spelled(entry.value, 6)}
                if any(set(path) <= spelled for path in aem.json_keys):
                    return True
        return False

    def _spelled(self, site: Site, depth: int) -> Iterator[str]:
        """The keys by which it is asked for as it is written, also in a file that does not have them."""
        node, module = site.node, site.module
        while isinstance(node, s.Subscript):
            key = self.resolver.spelled(module, node.index)
            held = self.resolver.resolve(site.at(node.value)) if depth else ()
            for entry in (e for value in held if isinstance(value, Fields) for e in value.entries):
                if entry.value is not None and text_of(entry.key) == key:
                    yield from self._spelled(entry.value, depth - 1)
            yield from (key,) if key is not None else ()
            node = node.value
        for binding in module.scopes.bindings_of(node) if isinstance(node, s.Name) and depth else ():
            if binding.kind == "assign" and binding.value is not None:
                yield from self._spelled(Site(module, binding.value), depth - 1)


def _hangs_on(site: Site) -> Iterator[tuple[Site, bool]]:
    """The conditions around a place, and whether they must hold for it."""
    path = list(site.module.ancestors(site.node)) if site.node in site.module.parents else []
    for each in path:
        if isinstance(each, s.If | s.Choice) and each.test not in (site.node, *path):
            yield Site(site.module, each.test), each.body in (site.node, *path)


_HOST = re.compile(r"https?://[^/?#\x00]+(?=[/?#]|$)")


def _elsewhere(url: Text) -> bool:
    """Is the host, or the whole path behind an unknown host, written out (and, as we know, not Adobe's)?"""
    shown = url.fold("\x00")
    return _HOST.match(shown) is not None or re.search(r"\x00/[\w./-]+(?:\?|$)", shown) is not None


def _key_of(item: s.Item) -> str:
    return str(item.key.value) if isinstance(item.key, s.Str) else "scope"  # it is not known


def _shown(value: Value) -> str:
    return value.fold("\x00") if isinstance(value, Text) else ""
