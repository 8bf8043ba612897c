// The message list. A message that did not change keeps its element, so focus, scroll and open popups stay.

import { byId, h } from "./dom.js";
import { formatDate, tsSeconds } from "./dates.js";
import { renderMessage } from "./message.js";
import { settlePending } from "./pending.js";

const GROUP_SECONDS = 300;
const NEAR_BOTTOM_PX = 80;

/** @param {import("./state.js").Workspace} workspace */
export function mountMessages(workspace) {
  const list = byId("messages");
  const scroller = byId("message-scroll");
  const stick = stickToBottom(scroller, list);
  let drawn = new Map();

  const draw = () => {
    const messages = workspace.timeline(workspace.current);
    const isMine = messages.length > 0 && !drawn.has(messages.at(-1).ts) && concerns(messages.at(-1), workspace);
    const items = arrange(messages).map((item) => reuse(drawn, item) ?? { ...item, node: renderItem(item, workspace) });
    drawn = new Map(items.map((item) => [item.key, item]));
    keepingFocus(list, () => replaceChildren(list, items.map(({ node }) => node)));
    if (isMine) stick();
  };
  const redraw = () => {
    drawn = new Map();
    list.setAttribute("aria-busy", "true"); // a channel that is opened is not news to be read out
    draw();
    stick();
    list.removeAttribute("aria-busy");
  };

  workspace.addEventListener("loaded", redraw);
  workspace.addEventListener("channel", redraw);
  ["views", "acknowledged"].forEach((outcome) => workspace.addEventListener(outcome, () => settlePending(list)));
  workspace.addEventListener("messages", (event) => {
    if (event.detail !== workspace.current) return;
    settlePending(list);
    draw();
  });
}

/**
 * Stay at the newest message while the list or the window changes its size, unless the person has scrolled up.
 * @returns {() => void} goes to the newest message
 */
function stickToBottom(scroller, list) {
  let atBottom = true;
  const stick = () => {
    atBottom = true;
    scroller.scrollTop = scroller.scrollHeight;
  };
  scroller.addEventListener("scroll", () => {
    atBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM_PX;
  });
  const observer = new ResizeObserver(() => { if (atBottom) stick(); });
  [scroller, list].forEach((element) => observer.observe(element));
  return stick;
}

/** Messages with a divider before each new day, and those marked that continue the one above. */
function arrange(messages) {
  const items = [];
  let above = null;
  for (const message of messages) {
    const day = formatDate(tsSeconds(message.ts), "{day_divider_pretty}");
    if (!above || formatDate(tsSeconds(above.ts), "{day_divider_pretty}") !== day) {
      items.push({ key: `day ${day}`, source: day, continued: false });
      above = null;
    }
    items.push({ key: message.ts, source: message, continued: continues(message, above) });
    above = message;
  }
  return items;
}

function continues(message, above) {
  return above !== null && !message.ephemeral && !above.ephemeral && message.user === above.user
    && message.username === above.username && Number(message.ts) - Number(above.ts) < GROUP_SECONDS;
}

function concerns(message, { me }) {
  return message.ephemeral || message.user === me;
}

function reuse(drawn, { key, source, continued }) {
  const old = drawn.get(key);
  return old && old.source === source && old.continued === continued ? old : null;
}

function renderItem({ source, continued }, workspace) {
  if (typeof source === "string") return h("div", { class: "day-divider", role: "separator" }, h("span", {}, source));
  return renderMessage(source, workspace, { continued });
}

/** Bring the children into this order, touching only what is not in its place. */
function replaceChildren(parent, nodes) {
  const wanted = new Set(nodes);
  [...parent.children].filter((child) => !wanted.has(child)).forEach((child) => child.remove());
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** Where the focused control is drawn anew, its successor gets the focus. */
function keepingFocus(list, change) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const ts = focused?.closest("[data-ts]")?.dataset.ts;
  const { actionId, blockId } = focused?.dataset ?? {};
  change();
  if (!actionId || list.contains(focused)) return;
  const controls = [...list.querySelectorAll("[data-action-id]")].filter((control) =>
    control.dataset.actionId === actionId && control.closest("[data-ts]").dataset.ts === ts);
  (controls.find((control) => control.dataset.blockId === blockId) ?? controls[0])?.focus({ preventScroll: true });
}
