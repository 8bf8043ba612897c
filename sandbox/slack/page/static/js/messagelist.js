// The message list. Unchanged messages keep their elements, so that focus, scroll and open popups stay.

import { h } from "./dom.js";
import { formatDate, tsSeconds } from "./dates.js";
import { renderMessage } from "./message.js";
import { settlePending } from "./pending.js";

const GROUP_SECONDS = 300;
const NEAR_BOTTOM_PX = 80;

/** @typedef {import("./message.js").Thread} Thread */

export class MessageList {
  #drawn = new Map();

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} scroller
   * @param {import("./state.js").Workspace} workspace
   */
  constructor(list, scroller, workspace) {
    Object.assign(this, { list, workspace, stick: stickToBottom(scroller, list) });
    ["views", "acknowledged"].forEach((outcome) => workspace.addEventListener(outcome, () => settlePending(list)));
  }

  /**
   * Update the list.
   * @param {import("./state.js").Message[]} messages oldest first
   * @param {(message: import("./state.js").Message) => Thread} threadOf a message's relation to threads here
   */
  draw(messages, threadOf) {
    settlePending(this.list);
    const isMine = messages.length > 0 && !this.#drawn.has(messages.at(-1).ts) && concerns(messages.at(-1), this.workspace);
    const items = arrange(messages, threadOf).map((item) => reuse(this.#drawn, item) ?? { ...item, node: renderItem(item, this.workspace) });
    this.#drawn = new Map(items.map((item) => [item.key, item]));
    keepingFocus(this.list, () => replaceChildren(this.list, items.map(({ node }) => node)));
    if (isMine) this.stick();
  }

  /** Draw another list, scrolled to its last message. */
  redraw(messages, threadOf) {
    this.#drawn = new Map();
    this.list.setAttribute("aria-busy", "true"); // screen readers do not announce a list that just opened
    this.draw(messages, threadOf);
    this.stick();
    this.list.removeAttribute("aria-busy");
  }
}

/**
 * Stay at the newest message while the list or window resizes, unless the person has scrolled up.
 * @returns {() => void} scrolls to the newest message
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

/** Messages with day dividers, and marks on those that continue the one above. */
function arrange(messages, threadOf) {
  const items = [];
  let above = null;
  for (const message of messages) {
    const day = formatDate(tsSeconds(message.ts), "{day_divider_pretty}");
    if (!above || formatDate(tsSeconds(above.ts), "{day_divider_pretty}") !== day) {
      items.push({ key: `day ${day}`, source: day, thread: {}, continued: false });
      above = null;
    }
    const thread = threadOf(message);
    items.push({ key: message.ts, source: message, thread, continued: !thread.root && continues(message, above) });
    above = message;
  }
  return items;
}

function continues(message, above) {
  return above !== null && !message.ephemeral && !above.ephemeral && message.user === above.user
    && !message.subtype && !above.subtype
    && message.username === above.username && Number(message.ts) - Number(above.ts) < GROUP_SECONDS;
}

function concerns(message, { me }) {
  return message.ephemeral || message.user === me;
}

function reuse(drawn, { key, source, thread, continued }) {
  const old = drawn.get(key);
  const isSame = old && old.source === source && old.continued === continued
    && old.thread.count === thread.count && old.thread.last === thread.last && old.thread.root === thread.root;
  return isSame ? old : null;
}

function renderItem({ source, thread, continued }, workspace) {
  if (typeof source === "string") return h("div", { class: "day-divider", role: "separator" }, h("span", {}, source));
  return renderMessage(source, workspace, { thread, continued });
}

/** Put the children in this order. Move only those that are out of place. */
function replaceChildren(parent, nodes) {
  const wanted = new Set(nodes);
  [...parent.children].filter((child) => !wanted.has(child)).forEach((child) => child.remove());
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** Move the focus from a redrawn control to its successor. */
function keepingFocus(list, change) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const ts = focused?.closest("[data-ts]")?.dataset.ts;
  const { actionId, blockId, thread, menu } = focused?.dataset ?? {};
  change();
  if (list.contains(focused)) return;
  if (thread) list.querySelector(`button[data-thread="${thread}"]`)?.focus({ preventScroll: true });
  if (menu) list.querySelector(`button[data-menu="${menu}"]`)?.focus({ preventScroll: true });
  if (!actionId) return;
  const controls = [...list.querySelectorAll("[data-action-id]")].filter((control) =>
    control.dataset.actionId === actionId && control.closest("[data-ts]").dataset.ts === ts);
  (controls.find((control) => control.dataset.blockId === blockId) ?? controls[0])?.focus({ preventScroll: true });
}
