// One message: who, when, what, and for whose eyes.

import { sendAction } from "./api.js";
import { avatar } from "./avatar.js";
import { renderBlocks } from "./blocks.js";
import { formatDate, tsSeconds } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { renderMrkdwn } from "./mrkdwn.js";
import { FormState } from "./surface.js";
import { timeElement } from "./time.js";

/**
 * @param {import("./state.js").Message} message
 * @param {import("./state.js").Workspace} workspace
 * @param {{continued: boolean}} options whether it goes on where the same person stopped
 */
export function renderMessage(message, workspace, { continued }) {
  const author = authorOf(message, workspace);
  const seconds = tsSeconds(message.ts);
  const classes = ["message", continued && "continued", message.ephemeral && "ephemeral", message.notice && "notice"];
  return h("article", {
    class: classes.filter(Boolean).join(" "), data: { ts: message.ts, channel: message.channel, thread: message.thread_ts },
    "aria-label": `${author.name}, ${formatDate(seconds, "{time}")}`,
  },
  message.ephemeral ? privacy(message, workspace) : null,
  h("div", { class: "message-side" }, continued ? timeElement(seconds, "{time}", "message-time") : avatar(author, workspace.app)),
  h("div", { class: "message-main" },
    continued ? null : heading(author, message, seconds),
    content(message, workspace),
    message.edited ? h("span", { class: "edited" }, "(edited)") : null));
}

function authorOf(message, workspace) {
  if (message.notice) return { id: "", name: "Workspace", color: "5d6675", is_bot: true };
  const user = workspace.users.get(message.user);
  return { id: message.user, color: user?.color, is_bot: message.bot, name: (message.username || user?.name) ?? workspace.names.user(message.user) };
}

function heading(author, message, seconds) {
  return h("div", { class: "message-head" },
    h("strong", { class: "author" }, author.name),
    message.bot && !message.notice ? h("span", { class: "badge" }, "app") : null,
    timeElement(seconds, "{time}", "message-time"));
}

function privacy(message, workspace) {
  return h("div", { class: "privacy" }, icon("eye"), h("span", {}, "Only visible to you"),
    h("button", { type: "button", class: "text-button", "aria-label": "Dismiss message", onclick: () => workspace.dismiss(message) }, "Dismiss"));
}

/** The blocks; the text is their stand-in for notifications and is shown only where there are none. */
function content(message, workspace) {
  if (!message.blocks?.length) return h("div", { class: "text" }, renderMrkdwn(message.text ?? "", workspace.names));
  return renderBlocks(message.blocks, surfaceOf(message, workspace));
}

/** @returns {import("./surface.js").Surface} */
function surfaceOf(message, workspace) {
  const form = new FormState();
  const act = async (action) => {
    const where = { channel: message.channel, message_ts: message.ts, state_values: form.values() };
    await sendAction(workspace.me, { ...action, ...where }).catch((error) => workspace.notice(message.channel, error.message));
  };
  return { names: workspace.names, form, act };
}
