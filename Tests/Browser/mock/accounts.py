"""People, tokens and sessions of the made-up plant. `POST /mock/accounts?state=few|many|none`."""

import uuid

from .clock import iso, now

ROLES = ("viewer", "operator", "admin")
DAY = 86_400_000


def _problem(status, code, detail, pointer=None):
    errors = [] if pointer is None else [{"pointer": pointer, "code": code, "detail": detail}]
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail, "errors": errors}


def _person(email, role, days, sessions, seen=None, you=False):
    return {"id": str(uuid.uuid4()), "email": email, "role": role, "createdAt": iso(now() - days * DAY),
            "lastSeenAt": None if seen is None else iso(now() - seen), "sessions": sessions, "disabled": False, "you": you}


def _token(name, role, days, by=None, used=None, revoked=None):
    return {"id": str(uuid.uuid4()), "name": name, "role": role, "createdAt": iso(now() - days * DAY), "createdBy": by,
            "lastUsedAt": None if used is None else iso(now() - used), "revokedAt": None if revoked is None else iso(now() - revoked)}


def _session(agent, days, current=False):
    return {"id": str(uuid.uuid4()), "createdAt": iso(now() - days * DAY), "lastSeenAt": iso(now() - days * DAY // 2),
            "userAgent": agent, "current": current}


class Accounts:
    """Who may do what; a plant has few people unless told otherwise."""

    def __init__(self, state="few"):
        self.people = [_person("ada@lowlands.example", "admin", 400, 2, 5_000, you=True)]
        self.tokens, self.sessions = [], []
        if state == "none":
            return
        self.people += [_person("night.shift@lowlands.example", "operator", 90, 1, 3_600_000), _person("guest@lowlands.example", "viewer", 2, 0)]
        self.tokens = [_token("Night report", "viewer", 30, "ada@lowlands.example", 7_200_000), _token("Old scanner", "operator", 300, None, None, 5 * DAY)]
        self.sessions = [
            _session("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", 3, True),
            _session("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1", 1)]
        if state == "many":
            # More than one page of the list, and names that need room.
            self.people += [_person(f"somebody.with.a.long.name.{number:03}@subsidiary.lowlands.example", ROLES[number % 2], 10, number % 3, 60_000 * number)
                            for number in range(1, 141)]
            self.tokens += [_token(f"Import of line {number} into the data warehouse of the group", "operator", number, "ada@lowlands.example") for number in range(1, 121)]

    def person(self, key):
        return next((person for person in self.people if person["id"] == key), None)

    def is_last_admin(self, person):
        return person["role"] == "admin" and sum(other["role"] == "admin" for other in self.people) == 1


def page(items, query):
    """The items behind a cursor, as many as asked for."""
    limit, start = int(query.get("limit", "100")), int(query.get("cursor", "0"))
    return 200, {"items": items[start:start + limit], "nextCursor": str(start + limit) if start + limit < len(items) else None}


def _invitation(person):
    return 201, {"user": person, "link": f"http://127.0.0.1/sign-in?token=pwl_{person['id'].replace('-', '')}", "expiresAt": iso(now() + DAY)}


def users(store, match, query, body):
    return page(sorted(store.accounts.people, key=lambda person: person["email"]), query)


def invite(store, match, query, body):
    email = body["email"]
    if "@" not in email.strip("@"):
        return _problem(422, "email", "This is no e-mail address.", "/email")
    if any(person["email"] == email for person in store.accounts.people):
        return _problem(409, "email-taken", "Somebody has this e-mail address already.")
    person = _person(email, body["role"], 0, 0)
    store.accounts.people.append(person)
    return _invitation(person)


def change_role(store, match, query, body):
    person = store.accounts.person(match[1])
    if person is None:
        return _problem(404, "not-found", "There is no such user.")
    if store.accounts.is_last_admin(person) and body["role"] != "admin":
        return _problem(409, "last-admin", "This is the only administrator. Make somebody else one first.")
    person["role"] = body["role"]
    return 200, person


def remove_user(store, match, query, body):
    person = store.accounts.person(match[1])
    if person is None:
        return _problem(404, "not-found", "There is no such user.")
    if store.accounts.is_last_admin(person):
        return _problem(409, "last-admin", "This is the only administrator. Make somebody else one first.")
    store.accounts.people.remove(person)
    return 204, None


def link(store, match, query, body):
    person = store.accounts.person(match[1])
    return _invitation(person) if person else _problem(404, "not-found", "There is no such user.")


def sign_out(store, match, query, body):
    store.accounts.person(match[1])["sessions"] = 0
    return 204, None


def tokens(store, match, query, body):
    return page(store.accounts.tokens, query)


def make_token(store, match, query, body):
    if not body["name"]:
        return _problem(422, "length", "1 to 100 characters are expected.", "/name")
    token = _token(body["name"], body["role"], 0, "ada@lowlands.example")
    store.accounts.tokens.insert(0, token)
    return 201, {**token, "token": f"pwt_{token['id'].replace('-', '')}"}


def revoke(store, match, query, body):
    token = next((token for token in store.accounts.tokens if token["id"] == match[1]), None)
    if token is None:
        return _problem(404, "not-found", "There is no such token.")
    token["revokedAt"] = iso(now())
    return 204, None


def sessions(store, match, query, body):
    return 200, {"items": store.accounts.sessions, "nextCursor": None}


def end_sessions(store, match, query, body):
    store.accounts.sessions = [session for session in store.accounts.sessions if session["current"]]
    return 204, None


def end_session(store, match, query, body):
    store.accounts.sessions = [session for session in store.accounts.sessions if session["id"] != match[1]]
    return 204, None


ROUTES = [
    ("GET", "users", users), ("POST", "users", invite), ("PATCH", "users/([^/]+)", change_role), ("DELETE", "users/([^/]+)", remove_user),
    ("POST", "users/([^/]+)/sign-in-link", link), ("DELETE", "users/([^/]+)/sessions", sign_out),
    ("GET", "tokens", tokens), ("POST", "tokens", make_token), ("DELETE", "tokens/([^/]+)", revoke),
    ("GET", "account/sessions", sessions), ("DELETE", "account/sessions", end_sessions), ("DELETE", "account/sessions/([^/]+)", end_session)]
