// The confirm dialog of an element, which opens before a click counts.

import { h, uniqueId } from "./dom.js";
import { renderText } from "./text.js";

/**
 * @param {any} confirm Slack's confirm object, or undefined to skip the question
 * @param {import("./mrkdwn.js").Names} names
 * @returns {Promise<boolean>}
 */
export function isConfirmed(confirm, names) {
  if (!confirm) return Promise.resolve(true);
  const id = uniqueId("confirm");
  const tone = confirm.style === "danger" ? "danger" : "primary";
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "confirm", role: "alertdialog", "aria-labelledby": id },
    h("h2", { id }, renderText(confirm.title, names)),
    h("div", { class: "confirm-text text" }, renderText(confirm.text, names)),
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close("no") }, renderText(confirm.deny, names)),
      h("button", { type: "button", class: `button ${tone}`, autofocus: true, onclick: () => dialog.close("yes") }, renderText(confirm.confirm, names)))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    }, { once: true });
  });
}
