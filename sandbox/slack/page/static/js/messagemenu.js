// The menu button of a message. The keyboard reaches it after the message's own controls.

import { useShortcut } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { attachPopup } from "./popup.js";

/**
 * @param {import("./state.js").Message} message
 * @param {import("./state.js").Workspace} workspace
 * @param {string} whose the message's name
 * @returns {HTMLElement | null} null if the menu would be empty
 */
export function messageMenu(message, workspace, whose) {
  const shortcuts = workspace.shortcuts.filter(({ type }) => type === "message");
  const isOrdinary = !message.ephemeral && !message.notice && (!message.subtype || message.broadcast);
  if (shortcuts.length === 0 || !isOrdinary) return null;
  const button = h("button", { type: "button", class: "icon-button", "aria-label": `More actions: ${whose}`, data: { menu: message.ts } }, icon("dots"));
  const groups = [
    { options: [{ label: "Reply in thread", text: "Reply in thread", value: () => workspace.showThread(message.thread_ts ?? message.ts) }] },
    { label: workspace.app.name, options: shortcuts.map((shortcut) => entry(shortcut, () => use(shortcut, message, workspace))) },
  ];
  return h("div", { class: "message-menu" }, button, attachPopup(button, { role: "menu", groups, onPick: (act) => act() }));
}

/** One shortcut as an option of a popup. */
export function entry({ name, description }, value) {
  return { label: name, text: name, description: description || null, value };
}

function use({ callback_id: id }, { channel, ts }, workspace) {
  useShortcut(workspace.me, id, { channel, message_ts: ts }).catch((error) => workspace.notice(channel, error.message));
}
