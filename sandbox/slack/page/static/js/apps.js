// The workspace's apps: remove the installed one, and explain how to install one.

import { removeApp } from "./api.js";
import { isConfirmed } from "./confirm.js";
import { byId, h, redraw, uniqueId } from "./dom.js";
import { icon } from "./icons.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountApps(workspace) {
  workspace.addEventListener("loaded", () => {
    redraw(byId("apps"), h("li", {}, workspace.app.installed
      ? action("remove", `Remove ${workspace.app.name}`, () => remove(workspace))
      : action("plus", "Install an app", explain)));
  });
}

function action(sign, label, onclick) {
  return h("button", { type: "button", class: "channel", onclick }, h("span", { class: "channel-sign" }, icon(sign)), h("span", { class: "channel-name" }, label));
}

async function remove(workspace) {
  const { app, team, names, me } = workspace;
  const place = app.organization ? `every workspace of ${app.organization}` : team.name;
  const words = `It leaves ${place}. Its commands, Home tab and tokens stop working. Its messages stay.`;
  const confirm = {
    title: plain(`Remove ${app.name}?`), text: plain(words), confirm: plain("Remove app"), deny: plain("Keep it"), style: "danger",
  };
  if (await isConfirmed(confirm, names)) await removeApp(me).catch((error) => workspace.notice("", error.message));
}

/** Slack has no install button for unlisted apps: people open the app's own link. */
function explain() {
  const id = uniqueId("install");
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "confirm", "aria-labelledby": id },
    h("h2", { id }, "Install an app"),
    h("div", { class: "confirm-text text" },
      h("p", {}, "Each app has its own install link, for example on its website. Open that link in this browser."),
      h("p", {}, "It brings you back here to choose a workspace and review the app's permissions.")),
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button primary", autofocus: true, onclick: () => dialog.close() }, "Got it"))));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
  dialog.showModal();
}

function plain(text) {
  return { type: "plain_text", text };
}
