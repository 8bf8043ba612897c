// A list that opens from a button: the popup of a select, an overflow menu and the person switch.
// A list's button keeps the focus, a menu takes it; aria-activedescendant names the keyboard's option.

import { h, uniqueId } from "./dom.js";

const GAP = 4;
const EDGE = 8;
const TYPING_PAUSE_MS = 700;

/**
 * @typedef {object} Option
 * @property {Node | string} label
 * @property {string} text the text that typed letters search
 * @property {Node | string | null} [description]
 * @property {any} value
 * @typedef {{label?: Node | string, options: Option[]}} Group
 */

/**
 * Let a button open a list of options, or a text field open one that fills while the person types.
 * @param {HTMLElement} button
 * @param {object} settings
 * @param {Group[]} settings.groups
 * @param {"listbox" | "menu"} settings.role
 * @param {() => any} [settings.selected] the chosen value, or with `multiple` all chosen values
 * @param {boolean} [settings.multiple] whether the list stays open for further picks
 * @param {boolean} [settings.typed] whether the button is a text field
 * @param {"start" | "end"} [settings.align] the edge of the button that it aligns with
 * @param {(value: any) => void} settings.onPick
 * @returns {any} the popup's element, to place beside the button; for a field the popup itself
 */
export function attachPopup(button, settings) {
  const popup = new Popup(button, settings);
  return settings.typed ? popup : popup.element;
}

class Popup {
  constructor(button, { groups, role, selected = () => undefined, onPick, multiple = false, typed = false, align = role === "menu" ? "end" : "start" }) {
    Object.assign(this, { button, role, selected, onPick, multiple, isField: typed, align, active: -1, typed: "", typedAt: 0 });
    this.element = h("div", {
      class: "popup", id: uniqueId("popup"), role, popover: typed ? "manual" : "auto", "aria-label": button.getAttribute("aria-label"),
      "aria-multiselectable": multiple ? "true" : null, tabindex: role === "menu" ? -1 : null,
    });
    this.holder = role === "menu" ? this.element : button;
    this.fill(groups);
    button.setAttribute("aria-haspopup", role);
    button.setAttribute("aria-controls", this.element.id);
    button.setAttribute("aria-expanded", "false");
    if (!typed) button.addEventListener("click", () => this.#toggle());
    button.addEventListener("keydown", (event) => this.#key(event));
    // Otherwise a press on the button closes the popup and the click opens it again.
    button.addEventListener("pointerdown", () => { this.wasOpen = this.isOpen; });
    this.holder.addEventListener("blur", () => this.close());
    if (this.holder !== button) this.holder.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("toggle", (event) => this.#toggled(event.newState === "open"));
  }

  get isOpen() {
    return this.element.matches(":popover-open");
  }

  /** Replace the options. @param {Group[]} groups */
  fill(groups) {
    this.options = groups.flatMap((group) => group.options);
    this.items = [];
    this.element.replaceChildren(...groups.map((group) => this.#group(group)));
    this.active = -1;
    if (this.isOpen) this.#activate(0);
  }

  open() {
    if (this.isOpen || this.button.getAttribute("aria-disabled") === "true") return;
    this.#mark();
    this.element.showPopover();
    this.#place();
    this.holder.focus({ preventScroll: true });
    this.#activate(Math.max(0, this.options.findIndex((option) => this.#isChosen(option))));
  }

  #isChosen({ value }) {
    const chosen = this.selected();
    return this.multiple ? chosen.includes(value) : value === chosen;
  }

  #mark() {
    if (this.role === "menu") return;
    this.items.forEach((item, index) => item.setAttribute("aria-selected", String(this.#isChosen(this.options[index]))));
  }

  close() {
    if (this.isOpen) this.element.hidePopover();
  }

  #group({ label, options }) {
    const items = options.map((option) => this.#item(option));
    if (!label) return h("div", { role: "presentation" }, items);
    const id = uniqueId("group");
    return h("div", { role: "group", "aria-labelledby": id }, h("div", { class: "popup-group", id, role: "presentation" }, label), items);
  }

  #item(option) {
    const index = this.items.length;
    const item = h("div", {
      class: "popup-option", id: uniqueId("option"), role: this.role === "menu" ? "menuitem" : "option",
      onclick: () => this.#pick(index), onpointermove: () => this.#activate(index),
    }, h("span", { class: "popup-text" }, option.label), option.description ? h("span", { class: "popup-description" }, option.description) : null);
    this.items.push(item);
    return item;
  }

  #toggle() {
    if (this.wasOpen || this.isOpen) this.close();
    else this.open();
    this.wasOpen = false;
  }

  #toggled(open) {
    this.button.setAttribute("aria-expanded", String(open));
    if (open) return;
    this.holder.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  #pick(index) {
    if (!this.options[index]) return;
    if (!this.multiple) this.close();
    this.button.focus();
    Promise.resolve(this.onPick(this.options[index].value)).then(() => this.#mark());
  }

  #activate(index) {
    this.items[this.active]?.classList.remove("active");
    this.active = index;
    const item = this.items[index];
    if (!item) return;
    item.classList.add("active");
    item.scrollIntoView({ block: "nearest" });
    this.holder.setAttribute("aria-activedescendant", item.id);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = this.isOpen ? this.#openKey(event.key) : this.#closedKey(event.key);
    if (!handled && (this.isField || !this.#typeahead(event.key))) return;
    event.preventDefault();
    event.stopPropagation(); // Enter and Escape are for this list, not for the dialog or the pane around it
  }

  #closedKey(key) {
    if ((key !== "ArrowDown" && key !== "ArrowUp") || this.options.length === 0) return false;
    this.open();
    return true;
  }

  #openKey(key) {
    const last = this.items.length - 1;
    const moves = { ArrowDown: Math.min(this.active + 1, last), ArrowUp: Math.max(this.active - 1, 0), Home: 0, End: last };
    if (key in moves && !(this.isField && (key === "Home" || key === "End"))) this.#activate(moves[key]);
    else if (key === "Enter" || (key === " " && !this.isField && !this.#isTyping())) this.#pick(this.active);
    else if (key === "Escape") this.#leave();
    else if (key === "Tab" && this.holder !== this.button) return this.#leave();
    else return false;
    return true;
  }

  /** Return to the button, so that the key's default action starts there. */
  #leave() {
    this.close();
    this.button.focus();
    return false;
  }

  #isTyping() {
    return this.typed !== "" && Date.now() - this.typedAt < TYPING_PAUSE_MS;
  }

  #typeahead(key) {
    if (key.length !== 1 || (key === " " && !this.#isTyping())) return false;
    this.typed = (this.#isTyping() ? this.typed : "") + key.toLowerCase();
    this.typedAt = Date.now();
    this.open();
    const found = this.options.findIndex((option) => option.text.toLowerCase().startsWith(this.typed));
    if (found >= 0) this.#activate(found);
    return true;
  }

  /** Place the list below the button, or above it if there is more room, within the window. */
  #place() {
    const anchor = this.button.getBoundingClientRect();
    const { style } = this.element;
    style.minWidth = `${anchor.width}px`;
    const below = innerHeight - anchor.bottom - GAP - EDGE;
    const above = anchor.top - GAP - EDGE;
    const upwards = this.element.scrollHeight > below && above > below;
    style.maxHeight = `${Math.min(360, upwards ? above : below)}px`;
    const { width, height } = this.element.getBoundingClientRect();
    style.top = `${upwards ? anchor.top - GAP - height : anchor.bottom + GAP}px`;
    const left = this.align === "end" ? anchor.right - width : anchor.left;
    style.left = `${Math.max(EDGE, Math.min(left, innerWidth - EDGE - width))}px`;
  }
}
