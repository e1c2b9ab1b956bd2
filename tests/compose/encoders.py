"""What signs: lines, and an expression of the assertion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .draft import Draft
from .recipe import Lines


def _pyjwt(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_positional(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode({claims}, {key}, "RS256")'


def _pyjwt_keywords(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode(payload={claims}, key={key}, algorithm="RS256")'


def _pyjwt_headers(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode({claims}, {key}, algorithm="RS256", headers={{"typ": "JWT"}})'


def _pyjwt_from(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["encode"] = "from jwt import encode"
    return [], f'encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_from_alias(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt_encode"] = "from jwt import encode as jwt_encode"
    return [], f'jwt_encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_alias(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["pyjwt"] = "import jwt as pyjwt"
    return [], f'pyjwt.encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_object(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.PyJWT().encode({claims}, {key}, algorithm="RS256")'


def _jose(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from jose import jwt"
    return [], f'jwt.encode({claims}, {key}, algorithm="RS256")'


def _jws(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jws.sign({claims}, {key}, algorithm="RS256")'


def _authlib(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from authlib.jose import jwt"
    return [], f'jwt.encode({{"alg": "RS256"}}, {claims}, {key}).decode("ascii")'


def _joserfc(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from joserfc import jwt"
    return [f"V_rsa = RSAKey.import_key({key})"], f'jwt.encode({{"alg": "RS256"}}, {claims}, V_rsa)'


def _jwcrypto(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from jwcrypto import jwt"
    return [
        f"V_rsa = jwk.JWK.from_pem({key})",
        f'V_unsigned = jwt.JWT(header={{"alg": "RS256", "typ": "JWT"}}, claims={claims})',
        "V_unsigned.make_signed_token(V_rsa)",
    ], "V_unsigned.serialize()"


def _by_hand(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.above(
        "sign",
        "def F_base64url(V_part):",
        '    return base64.urlsafe_b64encode(V_part).rstrip(b"=")',
    )
    return [
        'V_head = F_base64url(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())',
        f'V_signed = V_head + b"." + F_base64url(json.dumps({claims}).encode("utf-8"))',
        f"V_rsa = serialization.load_pem_private_key({key}, password=None)",
        "V_signature = V_rsa.sign(V_signed, padding.PKCS1v15(), hashes.SHA256())",
    ], '(V_signed + b"." + F_base64url(V_signature)).decode()'


@dataclass(frozen=True, slots=True)
class Encoder:
    """What signs, and what it takes."""

    write: Callable[[Draft, str, str], tuple[Lines, str]]
    is_pyjwt: bool = False
    takes_datetime: bool = True
    keys: str = "any"
    """``text``, ``bytes`` or ``any`` (loaded keys, too)."""


ENCODERS: dict[str, Encoder] = {
    "pyjwt": Encoder(_pyjwt, is_pyjwt=True),
    "pyjwt-positional": Encoder(_pyjwt_positional, is_pyjwt=True),
    "pyjwt-keywords": Encoder(_pyjwt_keywords, is_pyjwt=True),
    "pyjwt-headers": Encoder(_pyjwt_headers, is_pyjwt=True),
    "pyjwt-from": Encoder(_pyjwt_from),
    "pyjwt-from-alias": Encoder(_pyjwt_from_alias),
    "pyjwt-alias": Encoder(_pyjwt_alias),
    "pyjwt-object": Encoder(_pyjwt_object),
    "jose": Encoder(_jose, keys="text"),
    "jws": Encoder(_jws, takes_datetime=False, keys="text"),
    "authlib": Encoder(_authlib, keys="text"),
    "joserfc": Encoder(_joserfc, keys="text"),
    "jwcrypto": Encoder(_jwcrypto, takes_datetime=False, keys="bytes"),
    "by-hand": Encoder(_by_hand, takes_datetime=False, keys="bytes"),
}


def sign_of(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    """The assertion, with the habits of its time."""
    lines, expression = ENCODERS[d.recipe.encoder].write(d, claims, key)
    habit = d.recipe.habit
    if habit == "decode":
        return lines, f'{expression}.decode("utf-8")'
    if habit == "str":
        return [
            *lines,
            f"V_assertion = {expression}",
            'V_assertion = str(V_assertion, "utf-8")',
        ], "V_assertion"
    if habit == "isinstance":
        return [
            *lines,
            f"V_assertion = {expression}",
            "if isinstance(V_assertion, bytes):",
            '    V_assertion = V_assertion.decode("utf-8")',
        ], "V_assertion"
    return lines, expression


HABITS = ("none", "decode", "str", "isinstance")
