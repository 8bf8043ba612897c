// Block elements: what can be clicked, chosen or typed into. One entry in ELEMENTS is one element type.

import { isConfirmed } from "./confirm.js";
import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { isPending, markPending } from "./pending.js";
import { attachPopup } from "./popup.js";
import { plainString, renderText } from "./text.js";

/**
 * @typedef {object} Place where an element stands
 * @property {string} blockId
 * @property {import("./surface.js").Surface} surface
 * @property {string} [label] the label of the input block around it
 * @property {boolean} [silent] whether using it sends nothing (an input without dispatch_action)
 */

/** @type {Record<string, (element: any, place: Place) => HTMLElement>} */
const ELEMENTS = {
  button, static_select: staticSelect, overflow, plain_text_input: textInput, image: elementImage,
};

/**
 * @param {any} element
 * @param {Place} place
 * @returns {HTMLElement}
 */
export function renderElement(element, place) {
  if (Object.hasOwn(ELEMENTS, element.type)) return ELEMENTS[element.type](element, place);
  return h("span", { class: "unsupported" }, `(This workspace cannot show "${element.type}" yet.)`);
}

/** A picture among elements: an accessory or part of a context line. */
export function elementImage({ image_url: url, alt_text: alt }) {
  return h("img", { class: "element-image", src: safeUrl(url), alt, loading: "lazy" });
}

function hooks(element, { blockId }) {
  return { blockId, actionId: element.action_id };
}

/** Whether this use counts: not while the last one is under way, and not when the person thinks better of it. */
function mayUse(control, element, { surface }) {
  return isPending(control) ? Promise.resolve(false) : isConfirmed(element.confirm, surface.names);
}

function send(control, element, place, outcome) {
  if (place.silent) return;
  markPending(control);
  void place.surface.act({ block_id: place.blockId, action_id: element.action_id, type: element.type, ...outcome });
}

function follow(url) {
  if (url && safeUrl(url)) open(url, "_blank", "noopener,noreferrer");
}

function button(element, place) {
  const control = h("button", {
    type: "button", class: `button ${element.style ?? ""}`.trim(), data: hooks(element, place),
    "aria-label": element.accessibility_label,
  }, h("span", { class: "button-text" }, renderText(element.text, place.surface.names)), element.url ? icon("external") : null);
  control.addEventListener("click", async () => {
    if (!(await mayUse(control, element, place))) return;
    send(control, element, place, { value: element.value });
    follow(element.url);
  });
  return control;
}

function option(raw, names) {
  return {
    label: renderText(raw.text, names), text: plainString(raw.text), value: raw,
    description: raw.description ? renderText(raw.description, names) : null,
  };
}

function groupsOf(element, names) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.map((group) => ({
    label: group.label ? renderText(group.label, names) : undefined,
    options: group.options.map((raw) => option(raw, names)),
  }));
}

function staticSelect(element, place) {
  const { names, form } = place.surface;
  const groups = groupsOf(element, names);
  const all = groups.flatMap((group) => group.options.map(({ value }) => value));
  const kept = form.get(place.blockId, element.action_id)?.selected_option ?? element.initial_option;
  let chosen = all.find((raw) => raw.value === kept?.value);
  const placeholder = plainString(element.placeholder) || "Select an option";
  const value = h("span", { class: "select-value" });
  const show = () => {
    form.set(place.blockId, element.action_id, { type: element.type, selected_option: chosen ?? null });
    value.replaceChildren(chosen ? renderText(chosen.text, names) : placeholder);
    value.classList.toggle("placeholder", !chosen);
  };
  const control = h("button", {
    type: "button", class: "button select", role: "combobox", data: hooks(element, place),
    "aria-label": place.label ?? placeholder,
  }, value, icon("chevron"));
  show();
  const popup = attachPopup(control, {
    role: "listbox", groups, selected: () => chosen,
    onPick: async (raw) => {
      if (raw === chosen || !(await mayUse(control, element, place))) return;
      chosen = raw;
      show();
      send(control, element, place, { selected_option: raw });
    },
  });
  return h("span", { class: "popup-anchor" }, control, popup);
}

function overflow(element, place) {
  const control = h("button", {
    type: "button", class: "button overflow", data: hooks(element, place), "aria-label": "More actions", title: "More actions",
  }, icon("dots"));
  const popup = attachPopup(control, {
    role: "menu", groups: [{ options: element.options.map((raw) => option(raw, place.surface.names)) }],
    onPick: async (raw) => {
      if (!(await mayUse(control, element, place))) return;
      send(control, element, place, { selected_option: raw });
      follow(raw.url);
    },
  });
  return h("span", { class: "popup-anchor" }, control, popup);
}

function textInput(element, place) {
  const { form } = place.surface;
  const kept = form.get(place.blockId, element.action_id)?.value ?? element.initial_value ?? "";
  const control = /** @type {HTMLInputElement} */ (h(element.multiline ? "textarea" : "input", {
    class: "text-input", data: hooks(element, place), placeholder: plainString(element.placeholder), rows: element.multiline ? 4 : null,
    maxlength: element.max_length, minlength: element.min_length, "aria-label": place.label ?? "Text",
  }));
  const remember = () => form.set(place.blockId, element.action_id, { type: element.type, value: control.value || null });
  control.value = kept;
  control.addEventListener("input", remember);
  remember();
  return control;
}
