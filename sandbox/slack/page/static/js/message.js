// One message: its author, time, content and audience.

import { renderAttachment } from "./attachments.js";
import { avatar } from "./avatar.js";
import { renderBlocks } from "./blocks.js";
import { formatDate, tsSeconds } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { messageMenu } from "./messagemenu.js";
import { renderMrkdwn } from "./mrkdwn.js";
import { makeSurface } from "./surface.js";
import { timeElement } from "./time.js";

/** How long a changed message is highlighted. The style sheet fades it out in the same time. */
const FRESH_SECONDS = 2;

/**
 * @typedef {object} Thread a message's relation to threads, in its list
 * @property {number} [count] how many replies it has
 * @property {string} [last] the ts of the last reply
 * @property {import("./state.js").Message} [root] the message that it replies to, for a reply in the channel
 */

/**
 * @param {import("./state.js").Message} message
 * @param {import("./state.js").Workspace} workspace
 * @param {object} options
 * @param {boolean} options.continued whether the same person wrote the message above
 * @param {Thread} options.thread
 */
export function renderMessage(message, workspace, { continued, thread }) {
  const author = authorOf(message, workspace);
  const seconds = tsSeconds(message.ts);
  const name = `${author.name}, ${formatDate(seconds, "{time}")}`;
  const isEvent = Boolean(message.subtype) && !message.broadcast;
  const isFresh = message.changed && !message.ephemeral && Date.now() / 1000 - message.changed < FRESH_SECONDS;
  const classes = ["message", isFresh && "changed", continued && "continued", message.ephemeral && "ephemeral", message.notice && "notice", isEvent && "event"];
  return h("article", {
    class: classes.filter(Boolean).join(" "), data: { ts: message.ts, channel: message.channel, thread: message.thread_ts },
    "aria-label": name,
  },
  message.ephemeral ? privacy(message, workspace) : null,
  h("div", { class: "message-side" }, continued ? timeElement(seconds, "{time}", "message-time") : avatar(author, workspace.app)),
  h("div", { class: "message-main" },
    continued ? null : heading(author, message, seconds),
    thread.root ? repliedTo(thread.root, workspace) : null,
    content(message, workspace),
    isMarkedEdited(message) ? h("span", { class: "edited" }, "(edited)") : null,
    ...attachments(message, workspace),
    updated(message),
    thread.count ? repliesLine(message, thread, workspace) : null),
  messageMenu(message, workspace, name));
}

/** As in Slack, an edit of blocks has no mark. */
function isMarkedEdited({ edited, blocks }) {
  return edited && !blocks?.length;
}

/** The time of a live change of blocks, which Slack does not show. */
function updated({ changed, edited, blocks, ephemeral }) {
  if (!changed || !edited || !blocks?.length || ephemeral) return null;
  return h("p", { class: "edited" }, "updated ", timeElement(changed, "{time_secs}"));
}

function repliesLine({ ts }, { count, last }, workspace) {
  return h("button", { type: "button", class: "replies", data: { thread: ts }, "aria-controls": "thread", onclick: () => workspace.showThread(ts) },
    icon("thread"), h("strong", {}, count === 1 ? "1 reply" : `${count} replies`),
    h("span", { class: "last-reply" }, "last reply ", timeElement(tsSeconds(last), "{ago}")));
}

function repliedTo(root, workspace) {
  const text = renderMrkdwn(root.text || "a message", workspace.names).textContent;
  return h("p", { class: "replied-to" }, "replied to a thread: ",
    h("button", { type: "button", class: "text-button", data: { thread: root.ts }, "aria-controls": "thread", onclick: () => workspace.showThread(root.ts) }, text));
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

/** The blocks. The text replaces them in notifications, and shows only if there are no blocks. */
function content(message, workspace) {
  if (message.blocks?.length) return renderBlocks(message.blocks, surfaceOf(message, workspace));
  if (!message.text && message.attachments?.length) return null;
  return h("div", { class: "text" }, renderMrkdwn(message.text ?? "", workspace.names));
}

function attachments(message, workspace) {
  return (message.attachments ?? []).map((attachment) =>
    renderAttachment(attachment, surfaceOf(message, workspace, { attachment_id: attachment.id }), workspace.app));
}

function surfaceOf({ channel, ts }, workspace, more = {}) {
  return makeSurface(workspace, { channel, message_ts: ts, ...more });
}
