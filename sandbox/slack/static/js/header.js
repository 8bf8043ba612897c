// The line over the messages: which channel this is, and what is special about it.

import { channelSign, channelTitle } from "./channel.js";
import { byId, h } from "./dom.js";
import { icon } from "./icons.js";
import { toggleSidebar } from "./sidebar.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountHeader(workspace) {
  const draw = () => {
    const channel = workspace.channel(workspace.current);
    document.title = channel ? `${channelTitle(channel)} · Callboard workspace` : "Callboard workspace";
    byId("channel-header").replaceChildren(menuButton(), ...(channel ? title(channel, workspace) : []));
  };
  const drawBanner = () => {
    const banner = byId("link-banner");
    banner.hidden = workspace.online;
    banner.textContent = workspace.online ? "" : "The workspace is not reachable. Trying again …";
  };
  workspace.addEventListener("loaded", draw);
  workspace.addEventListener("channel", draw);
  workspace.addEventListener("connection", drawBanner);
}

function menuButton() {
  return h("button", {
    type: "button", class: "icon-button sidebar-toggle", "aria-label": "Channels and people", "aria-controls": "sidebar", "aria-expanded": "false",
    onclick: () => toggleSidebar(!document.body.hasAttribute("data-sidebar-open")),
  }, icon("menu"));
}

function title(channel, workspace) {
  return [
    h("h1", { class: "channel-title", data: { channel: channel.id } }, h("span", { class: "channel-sign", "aria-hidden": "true" }, channelSign(channel, workspace)), channel.name),
    channel.archived ? h("span", { class: "badge" }, "archived") : null,
    channel.bot_member ? null : h("span", { class: "channel-topic" }, `${workspace.app.name} is not in this channel`),
  ].filter((node) => node !== null);
}
