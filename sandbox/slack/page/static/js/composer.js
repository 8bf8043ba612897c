// The message box: messages and slash commands, with completion and a history of sent lines.

import { sendMessage, useShortcut } from "./api.js";
import { channelTitle } from "./channel.js";
import { Completion } from "./completion.js";
import { byId, h } from "./dom.js";
import { History } from "./history.js";
import { icon } from "./icons.js";
import { entry } from "./messagemenu.js";
import { attachPopup } from "./popup.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountComposer(workspace) {
  const area = byId("composer");
  const input = /** @type {HTMLTextAreaElement} */ (h("textarea", { id: "composer-input", class: "composer-input", rows: 1, spellcheck: "false", autocomplete: "off" }));
  const send = h("button", { type: "submit", class: "send-button", "aria-label": "Send" }, icon("send"));
  const history = new History();
  const completion = new Completion(input, (choice) => pick(choice));
  const menu = h("span", { class: "popup-anchor composer-menu" });
  const form = h("form", { class: "composer" }, menu, input, send);

  const start = ({ callback_id: id }) => {
    const { me, current } = workspace;
    useShortcut(me, id, { channel: current }).catch((error) => workspace.notice(current, error.message));
  };
  const pick = (choice) => {
    write(choice.command ? `${choice.command} ` : "");
    if (!choice.command) start(choice);
  };
  const write = (text) => {
    input.value = text;
    input.setSelectionRange(text.length, text.length);
    changed();
  };
  const changed = () => {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    completion.update(input.value, workspace.commands, globalShortcuts(workspace));
  };
  const submit = async () => {
    const text = input.value.trim();
    if (!text) return;
    const { me, current } = workspace;
    history.add(text);
    write("");
    await sendMessage(me, current, text).catch((error) => {
      workspace.notice(current, error.message);
      if (!input.value) write(text);
    });
  };
  const draw = () => {
    const channel = workspace.channel(workspace.current);
    const closed = !workspace.isWritable(workspace.current);
    menu.replaceChildren(...shortcutMenu(globalShortcuts(workspace), start));
    const label = `Message ${channel ? channelTitle(channel) : ""}, or / for commands`;
    input.placeholder = label;
    input.setAttribute("aria-label", label);
    if (closed) area.replaceChildren(closedLine(channel, workspace.app));
    else if (!area.contains(form)) area.replaceChildren(completion.element, form); // moving it would lose the focus
    changed();
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); void submit(); });
  input.addEventListener("input", () => { history.rest(); changed(); });
  input.addEventListener("blur", () => completion.hide());
  input.addEventListener("focus", changed);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter completes an input method's word, not the message
    if (onKey(event, { input, completion, history, write, submit })) event.preventDefault();
  });
  workspace.addEventListener("loaded", draw);
  workspace.addEventListener("traits", draw);
  workspace.addEventListener("channel", () => { draw(); if (matchMedia("(hover: hover)").matches) input.focus(); });
}

/** @returns {boolean} whether the key had an effect here */
function onKey(event, parts) {
  return completionKey(event, parts) || historyKey(event, parts) || sendKey(event, parts);
}

function completionKey({ key, shiftKey }, { input, completion }) {
  if (key === "Escape" && !completion.element.hidden) completion.hide();
  else if (!completion.isChoosing || shiftKey) return false;
  else if (key === "ArrowDown") completion.move(1);
  else if (key === "ArrowUp") completion.move(-1);
  else if (key === "Tab" || (key === "Enter" && input.value !== completion.active.command)) completion.pick();
  else return false;
  return true;
}

/** The arrows step through the history from an empty box, or while one of its lines is unchanged. */
function historyKey({ key }, { input, completion, history, write }) {
  if ((key !== "ArrowUp" && key !== "ArrowDown") || (input.value !== "" && !history.isBrowsing)) return false;
  const line = key === "ArrowUp" ? history.older() : history.newer();
  if (line !== null) write(line);
  completion.hide(); // or the next arrow would step through the commands
  return line !== null;
}

function sendKey({ key, shiftKey }, { submit }) {
  if (key !== "Enter" || shiftKey) return false;
  void submit();
  return true;
}

function closedLine(channel, app) {
  const archived = channel ? `${channelTitle(channel)} is archived. You can read it, but not post.` : "";
  return h("p", { class: "composer-closed" }, channel?.im ? `Sending messages to ${app.name} has been turned off.` : archived);
}

function globalShortcuts({ shortcuts }) {
  return shortcuts.filter(({ type }) => type === "global");
}

/** The button for the workspace's shortcuts, if there are any. */
function shortcutMenu(shortcuts, start) {
  if (shortcuts.length === 0) return [];
  const button = h("button", { type: "button", class: "icon-button", "aria-label": "Shortcuts" }, icon("plus"));
  const groups = [{ options: shortcuts.map((shortcut) => entry(shortcut, shortcut)) }];
  return [button, attachPopup(button, { role: "menu", align: "start", groups, onPick: start })];
}
