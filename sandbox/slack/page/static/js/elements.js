// Interactive block elements. One entry in ELEMENTS is one element type.

import { checkboxes, radioButtons } from "./boxes.js";
import { h, safeUrl } from "./dom.js";
import { externalSelect } from "./external.js";
import { datePicker, textInput } from "./fields.js";
import { icon } from "./icons.js";
import { channelsSelect, conversationsSelect, multiStaticSelect, multiUsersSelect, staticSelect, usersSelect } from "./selects.js";
import { attachPopup } from "./popup.js";
import { renderText } from "./text.js";
import { follow, hooks, mayUse, option, send } from "./use.js";

/** @typedef {import("./use.js").Place} Place */

/** @type {Record<string, (element: any, place: Place) => HTMLElement>} */
const ELEMENTS = {
  button, overflow, checkboxes, image: elementImage,
  radio_buttons: radioButtons, plain_text_input: textInput, datepicker: datePicker,
  static_select: staticSelect, multi_static_select: multiStaticSelect, external_select: externalSelect,
  users_select: usersSelect, multi_users_select: multiUsersSelect,
  conversations_select: conversationsSelect, channels_select: channelsSelect,
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

/** An image element: an accessory or part of a context line. */
export function elementImage({ image_url: url, alt_text: alt }) {
  return h("img", { class: "element-image", src: safeUrl(url), alt, loading: "lazy" });
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
