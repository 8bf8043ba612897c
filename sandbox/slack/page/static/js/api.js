// The server's page protocol: one function per request, and the live connection.

/** The path of this workspace on the server. The first workspace is at the root. */
const BASE = location.pathname.match(/^\/w\/[^/]+/)?.[0] ?? "";
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;

/** The whole state, as this user sees it. */
export async function fetchState(user) {
  return (await answered(fetch(`${BASE}/ui/state?user=${encodeURIComponent(user)}`, { cache: "no-store" }))).json();
}

/** Post in a channel or a thread. In a channel a leading "/" makes it a slash command. */
export function sendMessage(user, channel, text, threadTs = "") {
  return post("message", { user, channel, text, thread_ts: threadTs });
}

/** Use a shortcut of a message (`message_ts`), or without a message one of the workspace. */
export function useShortcut(user, callbackId, { channel, message_ts: ts = "" }) {
  return post("shortcut", { user, callback_id: callbackId, channel, message_ts: ts });
}

/** Report that the person opened the app's own screen. @param {"home" | "messages"} tab */
export function openHome(user, tab) {
  return post("home", { user, tab });
}

/** The app's options for the text in a menu. */
export async function fetchSuggestions(user, request) {
  return (await post("suggest", { user, ...request })).json();
}

/** Archive a channel, invite the app, or do the opposite. @param {{archived?: boolean, bot_member?: boolean}} traits */
export function changeChannel(user, channel, traits) {
  return post("channel", { user, channel, ...traits });
}

/** Remove the app from the workspace, or from its whole organization if it is installed there. */
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
 * Keep a live connection for this user until the returned function is called. After a loss it reconnects: first
 * immediately, then with growing delays, and immediately when the window gets the focus. A failing `onOpen` closes
 * the connection too.
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

/** The response, or an Error with a message for people. */
async function answered(request) {
  const response = await request.catch(() => {
    throw new Error("The workspace isn't responding.");
  });
  if (response.ok) return response;
  const reason = await response.json().then((body) => body.error, () => undefined);
  throw new Error(`The workspace rejected the request (${reason ?? response.status}).`);
}
