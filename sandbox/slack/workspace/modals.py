"""People's open modals, one stack for each person, and their Home tabs."""

import secrets
from collections import defaultdict

from sandbox.slack.workspace.clock import Timestamps
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.live_updates import Feed
from sandbox.slack.workspace.model import Json, View

STACK_MAX = 3


class Modals:
    """Opens, stacks, replaces and closes views. Each change updates the person's pages."""

    def __init__(self, timestamps: Timestamps, feed: Feed) -> None:
        self._timestamps = timestamps
        self._feed = feed
        self._stacks: dict[str, list[View]] = defaultdict(list)
        self.homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """Return a person's open modals, the visible one last."""
        return list(self._stacks[user])

    def open(self, user: str, body: Json, channel: str | None = None) -> View:
        """Show a modal in place of the open ones. `channel` is the conversation on the page.

        Raises `duplicate_external_id`, like every method that shows a view.
        """
        self._check_external_id(body)
        self._stacks[user] = []
        return self._add(user, body, channel)

    def push(self, user: str, body: Json, channel: str | None = None) -> View:
        """Show a modal on top. Raises `push_limit_reached` above three."""
        if len(self._stacks[user]) >= STACK_MAX:
            raise SlackError("push_limit_reached")
        self._check_external_id(body)
        return self._add(user, body, channel)

    def publish(self, user: str, body: Json, expected_hash: str = "") -> View:
        """Replace a person's Home tab."""
        if user in self.homes:
            return self.replace(self.homes[user], body, expected_hash)
        self._check_external_id(body)
        self.homes[user] = self._view(user, body)
        self._announce(self.homes[user])
        return self.homes[user]

    def home(self, user: str) -> Json | None:
        """Return a person's published Home tab as the page draws it, if any."""
        return self.as_page(self.homes[user]) if user in self.homes else None

    def replace(self, view: View, body: Json, expected_hash: str = "") -> View:
        """Replace a view's content. Raises `hash_conflict` if it changed after `expected_hash`."""
        if expected_hash and expected_hash != view.hash:
            raise SlackError("hash_conflict")
        self._check_external_id(body, view)
        view.body, view.errors, view.hash = body, {}, self._hash()
        self._announce(view)
        return view

    def refuse(self, view: View, errors: dict[str, str]) -> None:
        """Show the app's errors about a submission: block_id to words."""
        view.errors = errors
        self._announce(view)

    def close(self, view: View) -> None:
        """Close one modal. Those below it show again."""
        self._stacks[view.user].remove(view)
        self._tell_stack(view.user)

    def close_all(self, user: str) -> None:
        """Close every modal of a person."""
        self._stacks[user] = []
        self._tell_stack(user)

    def find(self, view_id: str = "", external_id: str = "") -> View:
        """Return an open modal or a Home tab by its id. Raises `not_found`."""
        found = self._find(view_id, external_id)
        if found is None:
            raise SlackError("not_found")
        return found

    def knows(self, view_id: str, external_id: str) -> bool:
        """Return whether this workspace has the view."""
        return self._find(view_id, external_id) is not None

    def reset(self) -> None:
        """Close every modal and remove every Home tab, because the app was removed."""
        for user in list(self._stacks):
            self.close_all(user)
        for user in list(self.homes):
            del self.homes[user]
            self._feed.send({"type": "home", "home": None}, to=user)

    def as_page(self, view: View) -> Json:
        """Return a view as the page draws it."""
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
            **({"channel": view.channel} if view.channel else {}),
        }

    def _find(self, view_id: str, external_id: str) -> View | None:
        for view in self._all():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        return None

    def _all(self) -> list[View]:
        return [*self.homes.values(), *(view for stack in self._stacks.values() for view in stack)]

    def _check_external_id(self, body: Json, own: View | None = None) -> None:
        """Check that an external_id is unique in the whole workspace."""
        taken = (view.body.get("external_id") for view in self._all() if view is not own)
        if body.get("external_id") and body["external_id"] in taken:
            raise SlackError("duplicate_external_id")

    def _add(self, user: str, body: Json, channel: str | None) -> View:
        stack = self._stacks[user]
        view = self._view(user, body, stack[-1] if stack else None, channel)
        stack.append(view)
        self._tell_stack(user)
        return view

    def _view(self, user: str, body: Json, below: View | None = None, channel: str | None = None) -> View:
        view_id = f"V{secrets.token_hex(5).upper()}"
        root = below.root_id if below else view_id
        place = channel or (below.channel if below else None)
        return View(view_id, user, body, self._hash(), root, below.id if below else None, place)

    def _hash(self) -> str:
        return f"{self._timestamps.next().partition('.')[0]}.{secrets.token_hex(4)}"

    def _announce(self, view: View) -> None:
        if self.homes.get(view.user) is view:
            self._feed.send({"type": "home", "home": self.home(view.user)}, to=view.user)
        else:
            self._tell_stack(view.user)

    def _tell_stack(self, user: str) -> None:
        views = [self.as_page(view) for view in self._stacks[user]]
        self._feed.send({"type": "views", "view_stack": views}, to=user)
