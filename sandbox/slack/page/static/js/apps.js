// The apps of the workspace: the one there is can be removed, and installing one is explained.

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
  const words = `It leaves ${place}. Its commands, its Home tab and its tokens stop working. What it said stays.`;
  const confirm = {
    title: plain(`Remove ${app.name}?`), text: plain(words), confirm: plain("Remove app"), deny: plain("Keep it"), style: "danger",
  };
  if (await isConfirmed(confirm, names)) await removeApp(me).catch((error) => workspace.notice("", error.message));
}

/** Slack has no button that installs an app which it does not list: the app's own link is opened. */
function explain() {
  const id = uniqueId("install");
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "confirm", "aria-labelledby": id },
    h("h2", { id }, "Install an app"),
    h("div", { class: "confirm-text text" },
      h("p", {}, "An app brings an install link of its own, for example on its website. Open that link in this browser."),
      h("p", {}, "It leads back here, to a page that asks which workspace may have the app, and what for.")),
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button primary", autofocus: true, onclick: () => dialog.close() }, "Got it"))));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
  dialog.showModal();
}

function plain(text) {
  return { type: "plain_text", text };
}
