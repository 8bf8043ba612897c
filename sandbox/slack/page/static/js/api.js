// The server's page protocol: one function per request, and the live connection.

/** Where this workspace's half of the server begins: the first stands at the root. */
const BASE = location.pathname.match(/^\/w\/[^/]+/)?.[0] ?? "";
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;

/** The whole state, as this user may see it. */
export async function fetchState(user) {
  return (await answered(fetch(`${BASE}/ui/state?user=${encodeURIComponent(user)}`, { cache: "no-store" }))).json();
}

/** Say something in a channel, where a leading "/" makes it a slash command, or in a thread. */
export function sendMessage(user, channel, text, threadTs = "") {
  return post("message", { user, channel, text, thread_ts: threadTs });
}

/** Use a shortcut: of a message (`message_ts`), or with no message the workspace's own. */
export function useShortcut(user, callbackId, { channel, message_ts: ts = "" }) {
  return post("shortcut", { user, callback_id: callbackId, channel, message_ts: ts });
}

/** The person looks at the app's own screen. @param {"home" | "messages"} tab */
export function openHome(user, tab) {
  return post("home", { user, tab });
}

/** The app's options for what is typed into a menu. */
export async function fetchSuggestions(user, request) {
  return (await post("suggest", { user, ...request })).json();
}

/** Archive a channel, invite the app, or the opposite. @param {{archived?: boolean, bot_member?: boolean}} traits */
export function changeChannel(user, channel, traits) {
  return post("channel", { user, channel, ...traits });
}

/** Remove the app from the workspace, or from its whole organisation where that has it. */
export function removeApp(user) {
  return post("remove_app", { user });
}

/** Use an element of a message (`message_ts`) or of a view (`view_id`). */
export function sendAction(user, action) {
  return post("action", { user, ...action });
}

export function submitView(user, viewId, stateValues) {
  return post("view_submit", { user, view_id: viewId, state_values: stateValues });
}

export function closeView(user, viewId) {
  return post("view_close", { user, view_id: viewId });
}

/**
 * Keep a live connection for this user until the returned function is called. After a loss it is tried again, first
 * at once, then less and less often, and immediately when the window comes back to the front. An `onOpen` that fails
 * ends the connection too.
 * @param {string} user
 * @param {{onOpen: () => Promise<void>, onEvent: (event: any) => void, onDown: () => void}} listener
 */
export function openLive(user, { onOpen, onEvent, onDown }) {
  const stop = new AbortController();
  let socket = null;
  let timer = 0;
  let wait = FIRST_RETRY_MS;

  const connect = () => {
    clearTimeout(timer);
    const own = new WebSocket(liveUrl(user));
    socket = own;
    const isCurrent = () => socket === own && !stop.signal.aborted;
    own.onopen = () => onOpen().then(() => { wait = FIRST_RETRY_MS; }, () => own.close());
    own.onmessage = (message) => { if (isCurrent()) onEvent(JSON.parse(message.data)); };
    own.onclose = () => {
      if (!isCurrent()) return;
      onDown();
      timer = setTimeout(connect, wait);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    };
  };
  const wake = () => { if (!document.hidden && socket.readyState === WebSocket.CLOSED) connect(); };

  document.addEventListener("visibilitychange", wake, { signal: stop.signal });
  addEventListener("online", wake, { signal: stop.signal });
  connect();
  return () => {
    stop.abort();
    clearTimeout(timer);
    socket.close();
  };
}

function liveUrl(user) {
  const url = new URL(`${BASE}/ui/live?user=${encodeURIComponent(user)}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

function post(what, body) {
  return answered(fetch(`${BASE}/ui/${what}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }));
}

/** The response, or an Error in words that a person can read. */
async function answered(request) {
  const response = await request.catch(() => {
    throw new Error("The workspace does not answer.");
  });
  if (response.ok) return response;
  const reason = await response.json().then((body) => body.error, () => undefined);
  throw new Error(`The workspace refused this (${reason ?? response.status}).`);
}
