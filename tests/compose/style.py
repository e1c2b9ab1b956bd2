"""Names, quotes, indentation, line ends."""

from __future__ import annotations

import io
import re
import tokenize

THEMES: dict[str, dict[str, str]] = {
    "snake": {
        "V_key": "private_key",
        "V_claims": "payload",
        "V_assertion": "jwt_token",
        "V_body": "data",
        "V_reply": "response",
        "V_data": "body",
        "V_token": "access_token",
        "V_account": "technical_account_id",
        "K_account": "TECHNICAL_ACCOUNT_ID",
        "K_config": "config",
        "K_url": "EXCHANGE_URL",
        "V_name": "name",
        "F_claims": "build_claims",
        "F_key": "read_private_key",
        "F_assertion": "create_jwt",
        "F_exchange": "exchange_jwt",
        "F_token": "get_access_token",
        "F_cached": "current_token",
        "C_client": "AdobeClient",
        "C_base": "Signer",
        "C_token": "Token",
        "C_config": "Settings",
        "C_assertion": "Assertion",
        "C_request": "AccessRequest",
        "V_form": "form",
        "V_form_assertion": "signed",
    },
    "terse": {
        "V_key": "k",
        "V_claims": "p",
        "V_assertion": "t",
        "V_body": "d",
        "V_reply": "r",
        "V_data": "j",
        "V_token": "tok",
        "V_config": "c",
        "K_config": "cfg",
        "V_url": "u",
        "V_client_id": "cid",
        "V_client_secret": "sec",
        "V_org_id": "org",
        "V_account": "tech",
        "V_key_path": "kp",
        "V_host": "h",
        "V_expires": "e",
        "V_until": "x",
        "V_file": "f",
        "V_exp": "ex",
        "V_name": "n",
        "V_client": "a",
        "V_answer": "q",
        "F_claims": "claims",
        "F_key": "key",
        "F_assertion": "sign",
        "F_exchange": "exchange",
        "F_token": "token",
        "F_cached": "cached",
        "C_client": "Ims",
        "C_base": "Base",
        "C_token": "T",
        "C_config": "Conf",
        "C_assertion": "A",
        "C_request": "R",
        "V_form": "fm",
        "V_form_assertion": "t2",
    },
    "camel": {
        "V_key": "privateKey",
        "V_claims": "jwtPayload",
        "V_assertion": "encodedJwt",
        "V_body": "tokenBody",
        "V_reply": "resp",
        "V_data": "respJson",
        "V_token": "accessToken",
        "V_config": "conf",
        "K_config": "conf",
        "V_url": "exchangeUrl",
        "V_client_id": "apiKey",
        "V_client_secret": "clientSecret",
        "V_org_id": "orgId",
        "V_account": "techAcct",
        "V_key_path": "pathToKey",
        "V_host": "imsHost",
        "V_expires": "expiresIn",
        "V_until": "expiryTime",
        "V_file": "fh",
        "V_exp": "expTime",
        "V_client": "client",
        "F_claims": "buildPayload",
        "F_key": "loadKey",
        "F_assertion": "getJwt",
        "F_exchange": "authorize",
        "F_token": "getAccessToken",
        "F_cached": "ensureToken",
        "C_client": "AdobeAuth",
        "C_base": "AuthBase",
        "C_token": "TokenData",
        "C_config": "Config",
        "C_assertion": "JwtMaker",
        "C_request": "TokenRequest",
        "V_form": "formData",
        "V_form_assertion": "signedJwt",
    },
    "lying": {
        "V_key": "token",
        "V_claims": "jwt_token",
        "V_assertion": "payload",
        "V_body": "params",
        "V_reply": "result",
        "V_data": "response",
        "V_token": "jwt_access",
        "V_config": "private",
        "K_config": "secrets_",
        "V_url": "path",
        "V_exp": "iat",
        "F_claims": "jwt_claims_token",
        "F_key": "get_secret",
        "F_assertion": "get_token",
        "F_exchange": "decode_jwt",
        "F_token": "create_jwt",
        "F_cached": "refresh_jwt",
        "V_expires": "millis",
        "V_until": "issued",
        "C_client": "JWT",
        "C_base": "Token",
        "C_token": "Secret",
        "C_config": "Key",
        "C_assertion": "Private",
        "C_request": "Signer",
        "V_form": "query",
        "V_form_assertion": "private_key",
    },
    "underscore": {
        "V_key": "_pem",
        "V_claims": "_claims",
        "V_assertion": "_jwt",
        "V_body": "_payload",
        "V_token": "_token",
        "F_claims": "_claims_for",
        "F_key": "_key_text",
        "F_assertion": "_signed",
        "F_exchange": "_swap",
        "F_token": "_authenticate",
        "F_cached": "_cached_token",
        "C_client": "_Client",
        "C_base": "_Base",
        "K_config": "_config",
        "K_client_id": "_CLIENT_ID",
        "K_client_secret": "_CLIENT_SECRET",
        "K_org_id": "_ORG",
        "K_account": "_TECH",
        "K_host": "_HOST",
        "K_key_path": "_KEY_PATH",
        "K_url": "_URL",
        "V_form": "_form",
    },
}
_NAMES = re.compile(r"\b([VKFC])_(\w+)")


def rename(text: str, theme: str) -> str:
    """Put names where the placeholders are."""
    chosen = THEMES[theme]

    def name(match: re.Match[str]) -> str:
        kind, plain = match.groups()
        default = plain.upper() if kind == "K" else plain.title() if kind == "C" else plain
        return chosen.get(match[0], default)

    return _NAMES.sub(name, text)


FORMS = ("black", "single", "two-spaces", "tabs", "crlf", "no-newline", "bom", "latin-1")


def formed(text: str, form: str) -> bytes:
    """The text as a customer's editor leaves it."""
    if form == "single":
        text = _single_quotes(text)
    if form in ("two-spaces", "tabs"):
        unit = "  " if form == "two-spaces" else "\t"
        text = re.sub(r"^( {4})+", lambda m: unit * (len(m[0]) // 4), text, flags=re.M)
    if form == "crlf":
        text = text.replace("\n", "\r\n")
    if form == "no-newline":
        text = text.rstrip("\n")
    if form == "latin-1":
        return f"# -*- coding: latin-1 -*-\n# Zürich\n{text}".encode("latin-1")
    return text.encode("utf-8-sig" if form == "bom" and text else "utf-8")


def _single_quotes(text: str) -> str:
    lines = text.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        body = token.string
        if (
            token.type == tokenize.STRING
            and body[0] == '"'
            and not body.startswith('"""')
            and "'" not in body
        ):
            (row, start), (_, end) = token.start, token.end
            if "\\" not in body:
                lines[row - 1] = f"{lines[row - 1][:start]}'{body[1:-1]}'{lines[row - 1][end:]}"
    return "\n".join(lines)
