// The stack of open views. The topmost shows in the browser's own dialog, which keeps the focus inside.

import { closeView, submitView } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { byId, h } from "./dom.js";
import { icon } from "./icons.js";
import { renderMrkdwn } from "./mrkdwn.js";
import { settlePending } from "./pending.js";
import { FormState, makeSurface } from "./surface.js";
import { renderText } from "./text.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountModal(workspace) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("modal"));
  /** @type {Map<string, FormState>} typed values survive an update of the view */
  let forms = new Map();
  const draw = () => {
    forms = new Map(workspace.views.map(({ id }) => [id, forms.get(id) ?? new FormState()]));
    const view = workspace.views.at(-1);
    if (view) show(dialog, view, workspace, forms.get(view.id));
    else if (dialog.open) dialog.close();
  };
  workspace.addEventListener("views", draw);
  workspace.addEventListener("loaded", draw);
  ["messages", "acknowledged"].forEach((outcome) => workspace.addEventListener(outcome, () => settlePending(dialog)));
  workspace.addEventListener("notice", (event) => { if (dialog.open) warn(dialog, event.detail, workspace.names); });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault(); // the view closes when the stack changes
    closeTop(workspace);
  });
  dialog.addEventListener("keydown", (event) => {
    keepFocusInside(event, dialog);
    if (isSubmission(event)) dialog.querySelector(".submit")?.click();
  });
}

/** Enter in a single-line field submits, unless the field dispatches its own action. */
function isSubmission({ key, target, isComposing, defaultPrevented }) {
  return key === "Enter" && !isComposing && !defaultPrevented && target.matches("input.text-input:not([data-dispatches], .external)");
}

function show(dialog, view, workspace, form) {
  const focused = dialog.contains(document.activeElement) ? document.activeElement?.dataset.actionId : undefined;
  const isSameView = dialog.dataset.viewId === view.id;
  const scrollTop = isSameView ? dialog.querySelector(".modal-body")?.scrollTop ?? 0 : 0;
  dialog.replaceChildren(...parts(view, workspace, form));
  Object.assign(dialog.dataset, { viewId: view.id, callbackId: view.callback_id ?? "", depth: workspace.views.length });
  dialog.setAttribute("aria-labelledby", "modal-title");
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".modal-body").scrollTop = scrollTop;
  const successor = focused && [...dialog.querySelectorAll("[data-action-id]")].find((control) => control.dataset.actionId === focused);
  const wrong = !isSameErrors(dialog, view) && dialog.querySelector('[aria-invalid="true"]');
  (wrong || successor || dialog.querySelector(".modal-body .text-input") || dialog.querySelector(".modal-close")).focus();
}

/** Whether these errors were already visible. New ones focus the first invalid field. */
function isSameErrors(dialog, { errors }) {
  const shown = JSON.stringify(errors ?? {});
  const isSame = dialog.dataset.errors === shown;
  dialog.dataset.errors = shown;
  return isSame;
}

function parts(view, workspace, form) {
  const { names } = workspace;
  const close = () => closeTop(workspace);
  return [
    h("header", { class: "modal-head" },
      h("h2", { id: "modal-title" }, renderText(view.title, names)),
      h("button", { type: "button", class: "icon-button modal-close", "aria-label": "Close dialog", onclick: close }, icon("close"))),
    h("div", { class: "modal-body", tabindex: 0, role: "group", "aria-label": "Contents" }, renderBlocks(view.blocks, makeSurface(workspace, { view_id: view.id }, { form, errors: view.errors, channel: view.channel, headings: 3 }))),
    h("footer", { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: close }, view.close ? renderText(view.close, names) : "Close"),
      view.submit ? h("button", { type: "button", class: "button primary submit", onclick: () => submit(view, workspace, form) }, renderText(view.submit, names)) : null),
  ];
}

/** The workspace's notices, which the open dialog would otherwise hide. */
function warn(dialog, text, names) {
  dialog.querySelector(".modal-notice")?.remove();
  dialog.querySelector(".dialog-actions").before(h("div", { class: "modal-notice text", role: "alert" }, renderMrkdwn(text, names)));
}

function submit(view, workspace, form) {
  submitView(workspace.me, view.id, form.values()).catch((error) => workspace.notice(workspace.current, error.message));
}

function closeTop(workspace) {
  const view = workspace.views.at(-1);
  workspace.dropTopView();
  if (view) closeView(workspace.me, view.id).catch((error) => workspace.notice(workspace.current, error.message));
}

/** Wrap Tab around inside the dialog. The browser would move on to its toolbars. */
function keepFocusInside(event, dialog) {
  if (event.key !== "Tab") return;
  const stops = [...dialog.querySelectorAll('button, input, textarea, a[href], [tabindex="0"]')];
  const [first, last] = [stops[0], stops.at(-1)];
  const leaving = event.shiftKey ? first : last;
  if (document.activeElement !== leaving) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}
