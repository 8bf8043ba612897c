// A list that opens from a button: the popup of a select, of an overflow menu and of the person switch.
// The button keeps the focus; aria-activedescendant says which option the keyboard is on.

import { h, uniqueId } from "./dom.js";

const GAP = 4;
const EDGE = 8;
const TYPING_PAUSE_MS = 700;

/**
 * @typedef {object} Option
 * @property {Node | string} label
 * @property {string} text what typing letters looks for
 * @property {Node | string | null} [description]
 * @property {any} value
 * @typedef {{label?: Node | string, options: Option[]}} Group
 */

/**
 * Let a button open a list of options.
 * @param {HTMLElement} button
 * @param {object} settings
 * @param {Group[]} settings.groups
 * @param {"listbox" | "menu"} settings.role
 * @param {() => any} [settings.selected] the value that is chosen now
 * @param {(value: any) => void} settings.onPick
 * @returns {HTMLElement} the popup, to be placed beside the button
 */
export function attachPopup(button, settings) {
  const popup = new Popup(button, settings);
  return popup.element;
}

class Popup {
  constructor(button, { groups, role, selected = () => undefined, onPick }) {
    Object.assign(this, { button, role, selected, onPick, active: -1, typed: "", typedAt: 0 });
    this.options = groups.flatMap((group) => group.options);
    this.element = h("div", { class: "popup", id: uniqueId("popup"), role, popover: "auto", "aria-label": button.getAttribute("aria-label") });
    this.items = [];
    this.element.append(...groups.map((group) => this.#group(group)));
    button.setAttribute("aria-haspopup", role);
    button.setAttribute("aria-controls", this.element.id);
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => this.#toggle());
    button.addEventListener("keydown", (event) => this.#key(event));
    // A press on the button would close the popup and the click open it again.
    button.addEventListener("pointerdown", () => { this.wasOpen = this.isOpen; });
    button.addEventListener("blur", () => this.close());
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("toggle", (event) => this.#toggled(event.newState === "open"));
  }

  get isOpen() {
    return this.element.matches(":popover-open");
  }

  open() {
    if (this.isOpen || this.button.getAttribute("aria-disabled") === "true") return;
    const chosen = this.selected();
    this.items.forEach((item, index) => item.setAttribute("aria-selected", String(this.options[index].value === chosen)));
    this.element.showPopover();
    this.#place();
    this.#activate(Math.max(0, this.options.findIndex((option) => option.value === chosen)));
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
    this.button.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  #pick(index) {
    this.close();
    this.button.focus();
    this.onPick(this.options[index].value);
  }

  #activate(index) {
    this.items[this.active]?.classList.remove("active");
    this.active = index;
    const item = this.items[index];
    if (!item) return;
    item.classList.add("active");
    item.scrollIntoView({ block: "nearest" });
    this.button.setAttribute("aria-activedescendant", item.id);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = this.isOpen ? this.#openKey(event.key) : this.#closedKey(event.key);
    if (handled || this.#typeahead(event.key)) event.preventDefault();
  }

  #closedKey(key) {
    if (key !== "ArrowDown" && key !== "ArrowUp") return false;
    this.open();
    return true;
  }

  #openKey(key) {
    const last = this.items.length - 1;
    const moves = { ArrowDown: Math.min(this.active + 1, last), ArrowUp: Math.max(this.active - 1, 0), Home: 0, End: last };
    if (key in moves) this.#activate(moves[key]);
    else if (key === "Enter" || (key === " " && !this.#isTyping())) this.#pick(this.active);
    else if (key === "Escape") this.close();
    else return false;
    return true;
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

  /** Below the button, or above it where there is more room; never over the window's edge. */
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
    const left = this.role === "menu" ? anchor.right - width : anchor.left;
    style.left = `${Math.max(EDGE, Math.min(left, innerWidth - EDGE - width))}px`;
  }
}
