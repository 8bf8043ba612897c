// The sidebar: the bot's connection, the channels, the people, and the window's person.

import { avatar } from "./avatar.js";
import { channelSign } from "./channel.js";
import { byId, h, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { attachPopup } from "./popup.js";

/**
 * @param {import("./state.js").Workspace} workspace
 * @param {(user: string) => void} onSwitchUser
 */
export function mountSidebar(workspace, onSwitchUser) {
  const drawChannels = () => {
    const [channels, direct] = [false, true].map((im) => workspace.channels.filter((channel) => channel.im === im));
    redraw(byId("channels"), ...channels.map((channel) => channelItem(workspace, channel)));
    redraw(byId("direct"), ...direct.map((channel) => channelItem(workspace, channel)));
    byId("direct-heading").hidden = direct.length === 0;
  };
  const drawAll = () => {
    drawChannels();
    redraw(byId("people"), ...present(workspace).map((user) => person(workspace, user)));
    redraw(byId("identity"), ...identity(workspace, onSwitchUser));
    drawStatus(workspace);
  };
  workspace.addEventListener("loaded", drawAll);
  workspace.addEventListener("channels", drawChannels);
  workspace.addEventListener("channel", () => { drawChannels(); toggleSidebar(false); });
  workspace.addEventListener("connection", () => drawStatus(workspace));
  closeOutside();
}

/** Slide the sidebar in or out. It only moves in narrow windows. */
export function toggleSidebar(open) {
  document.body.toggleAttribute("data-sidebar-open", open);
  const toggle = document.querySelector(".sidebar-toggle");
  toggle?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".channel[aria-current]")?.focus();
  else if (byId("sidebar").contains(document.activeElement)) toggle?.focus();
}

function closeOutside() {
  byId("conversation").addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".sidebar-toggle")) toggleSidebar(false);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggleSidebar(false);
  });
}

function channelItem(workspace, channel) {
  const current = channel.id === workspace.current;
  const unread = workspace.unread.has(channel.id);
  return h("li", {}, h("button", {
    type: "button", class: unread ? "channel unread" : "channel", data: { channel: channel.id },
    "aria-current": current ? "page" : null, onclick: () => workspace.show(channel.id),
  },
  h("span", { class: "channel-sign", "aria-hidden": "true" }, channel.archived ? icon("archive") : channelSign(channel, workspace)),
  h("span", { class: "channel-name" }, channel.name),
  channel.archived ? h("span", { class: "channel-note" }, "archived") : null,
  unread ? h("span", { class: "visually-hidden" }, "unread") : null));
}

/** The people, and the app while it is installed. */
function present({ users, app }) {
  return [...users.values()].filter(({ id }) => app.installed || id !== app.bot_user_id);
}

function person(workspace, user) {
  const note = user.is_bot ? "app" : user.id === workspace.me ? "you" : null;
  return h("li", { class: "person", data: { user: user.id } },
    avatar(user, workspace.app), h("span", { class: "person-name" }, user.name), note ? h("span", { class: "channel-note" }, note) : null);
}

function identity(workspace, onSwitchUser) {
  const me = workspace.users.get(workspace.me);
  const button = h("button", { type: "button", class: "identity-switch", role: "combobox", "aria-label": "You are" },
    me ? avatar(me, workspace.app) : null,
    h("span", { class: "identity-text" }, h("small", {}, "You are:"), h("strong", {}, me?.name ?? workspace.me)), icon("chevron"));
  const people = [...workspace.users.values()].filter((user) => !user.is_bot);
  const options = people.map((user) => ({ label: user.name, description: user.real_name, text: user.name, value: user.id }));
  const popup = attachPopup(button, { role: "listbox", groups: [{ options }], selected: () => workspace.me, onPick: onSwitchUser });
  return [button, popup];
}

function drawStatus({ connected, requestUrl, online, app }) {
  const status = byId("bot-status");
  status.dataset.connected = String(online && connected && !requestUrl && app.installed);
  if (!online) status.textContent = "Workspace unreachable";
  else if (!app.installed) status.textContent = `${app.name} not installed`;
  else if (requestUrl) status.textContent = `Sends to a bot at ${new URL(requestUrl).host}`;
  else status.textContent = connected ? "Bot connected" : "Bot not connected";
}
