// The line over the messages: the channel's name and traits.

import { changeChannel } from "./api.js";
import { channelSign, channelTitle } from "./channel.js";
import { byId, h, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { attachPopup } from "./popup.js";
import { toggleSidebar } from "./sidebar.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountHeader(workspace) {
  const draw = () => {
    const channel = workspace.channel(workspace.current);
    document.title = [channel && channelTitle(channel), workspace.team.name].filter(Boolean).join(" · ");
    byId("channel-header").replaceChildren(menuButton(), ...(channel ? title(channel, workspace) : []));
    redraw(byId("tabs"), ...tabs(workspace));
    byId("tabs").hidden = workspace.tabs(workspace.current).length < 2;
  };
  const drawBanner = () => {
    const banner = byId("link-banner");
    banner.hidden = workspace.online;
    banner.textContent = workspace.online ? "" : "Can't reach the workspace. Reconnecting …";
  };
  workspace.addEventListener("loaded", draw);
  workspace.addEventListener("channel", draw);
  workspace.addEventListener("tab", draw);
  workspace.addEventListener("traits", () => {
    const hadFocus = byId("channel-header").contains(document.activeElement);
    draw();
    if (hadFocus) byId("channel-header").querySelector(".channel-actions")?.focus();
  });
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
    channel.private && !channel.im ? h("span", { class: "badge" }, "private") : null,
    channel.bot_member || !workspace.app.installed ? null : h("span", { class: "channel-topic" }, `${workspace.app.name} is not in this channel`),
    ...(channel.im ? [] : actions(channel, workspace)),
  ].filter((node) => node !== null);
}

/** The tabs of the app's own screen. The arrow keys switch between them. */
function tabs(workspace) {
  const names = workspace.tabs(workspace.current);
  const step = (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    event.preventDefault();
    workspace.showTab(names.find((name) => name !== workspace.tab));
    byId("tabs").querySelector('[aria-selected="true"]').focus();
  };
  return names.map((name) => h("button", {
    type: "button", role: "tab", class: "tab", id: `tab-${name}`, "aria-selected": String(name === workspace.tab), tabindex: name === workspace.tab ? 0 : -1,
    "aria-controls": name === "home" ? "home" : "message-scroll", onclick: () => workspace.showTab(name), onkeydown: step,
  }, name === "home" ? "Home" : "Messages"));
}

/** The menu of channel actions, last in the line. */
function actions(channel, workspace) {
  const { archived, bot_member: isIn } = channel;
  const options = [
    workspace.app.installed && { text: isIn ? `Remove ${workspace.app.name}` : `Invite ${workspace.app.name}`, value: { bot_member: !isIn } },
    { text: archived ? "Unarchive" : "Archive", value: { archived: !archived } },
  ].filter(Boolean).map((option) => ({ ...option, label: option.text }));
  const button = h("button", { type: "button", class: "icon-button channel-actions", "aria-label": "Channel actions" }, icon("dots"));
  const onPick = (traits) => changeChannel(workspace.me, channel.id, traits).catch((error) => workspace.notice(channel.id, error.message));
  return [button, attachPopup(button, { role: "menu", groups: [{ options }], onPick })];
}
