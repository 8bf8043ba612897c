"""The modals that people have open, one stack a person, and their Home tabs."""

import secrets
from collections import defaultdict

from sandbox.slack.clock import Timestamps
from sandbox.slack.errors import SlackError
from sandbox.slack.feed import Feed
from sandbox.slack.model import Json, View

STACK_MAX = 3


class Modals:
    """Opens, stacks, replaces and closes views; each change is told to that person's pages."""

    def __init__(self, timestamps: Timestamps, feed: Feed) -> None:
        self._timestamps = timestamps
        self._feed = feed
        self._stacks: dict[str, list[View]] = defaultdict(list)
        self.homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """The open modals of a person, the visible one last."""
        return list(self._stacks[user])

    def open(self, user: str, body: Json) -> View:
        """Show a modal instead of whatever was open."""
        self._stacks[user] = []
        return self._add(user, body)

    def push(self, user: str, body: Json) -> View:
        """Show a modal on top. Raises `push_limit_reached` above three."""
        if len(self._stacks[user]) >= STACK_MAX:
            raise SlackError("push_limit_reached")
        return self._add(user, body)

    def publish(self, user: str, body: Json, expected_hash: str = "") -> View:
        """Replace somebody's Home tab."""
        if user in self.homes:
            return self.replace(self.homes[user], body, expected_hash)
        self.homes[user] = self._view(user, body)
        return self.homes[user]

    def replace(self, view: View, body: Json, expected_hash: str = "") -> View:
        """Change what a view shows. Raises `hash_conflict` when it was changed since `expected_hash`."""
        if expected_hash and expected_hash != view.hash:
            raise SlackError("hash_conflict")
        view.body, view.errors, view.hash = body, {}, self._hash()
        self._tell(view.user)
        return view

    def refuse(self, view: View, errors: dict[str, str]) -> None:
        """Show what the app says is wrong with a submission: block_id to words."""
        view.errors = errors
        self._tell(view.user)

    def close(self, view: View) -> None:
        """Close one modal; those below it show again."""
        self._stacks[view.user].remove(view)
        self._tell(view.user)

    def clear(self, user: str) -> None:
        """Close every modal of a person."""
        self._stacks[user] = []
        self._tell(user)

    def find(self, view_id: str = "", external_id: str = "") -> View:
        """An open modal or a Home tab by its id. Raises `not_found`."""
        for view in [*self.homes.values(), *(view for stack in self._stacks.values() for view in stack)]:
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def as_page(self, view: View) -> Json:
        """A view as the page draws it."""
        shown = {key: value for key, value in view.body.items() if key not in ("external_id", "clear_on_close")}
        return {
            "callback_id": "",
            "private_metadata": "",
            "notify_on_close": False,
            "submit": None,
            "close": None,
            **shown,
            "id": view.id,
            "hash": view.hash,
            **({"errors": view.errors} if view.errors else {}),
        }

    def _add(self, user: str, body: Json) -> View:
        stack = self._stacks[user]
        view = self._view(user, body, below=stack[-1] if stack else None)
        stack.append(view)
        self._tell(user)
        return view

    def _view(self, user: str, body: Json, below: View | None = None) -> View:
        view_id = f"V{secrets.token_hex(5).upper()}"
        root = below.root_id if below else view_id
        return View(view_id, user, body, self._hash(), root, below.id if below else None)

    def _hash(self) -> str:
        return f"{self._timestamps.next().partition('.')[0]}.{secrets.token_hex(4)}"

    def _tell(self, user: str) -> None:
        views = [self.as_page(view) for view in self._stacks[user]]
        self._feed.send({"type": "views", "view_stack": views}, to=user)
