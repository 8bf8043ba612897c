// The popup over the composer: slash commands and shortcuts, and the usage of the typed command.

import { h } from "./dom.js";

/**
 * @typedef {{command: string, description: string, usage_hint: string}} Command
 * @typedef {import("./state.js").Shortcut} Shortcut
 */

/**
 * The suggestions for this text: commands and shortcuts for the first word, then the chosen command's usage.
 * @param {string} text
 * @param {Command[]} commands
 * @param {Shortcut[]} shortcuts
 * @returns {{choices: (Command | Shortcut)[], usage: Command | null}}
 */
export function suggestions(text, commands, shortcuts) {
  const word = /^\/\S*/.exec(text)?.[0].toLowerCase();
  if (!word) return { choices: [], usage: null };
  if (word.length < text.length) return { choices: [], usage: commands.find(({ command }) => command === word) ?? null };
  const named = shortcuts.filter(({ name }) => name.toLowerCase().split(" ").some((each) => each.startsWith(word.slice(1))));
  return { choices: [...commands.filter(({ command }) => command.startsWith(word)), ...named], usage: null };
}

export class Completion {
  #input;
  #onPick;
  /** @type {(Command | Shortcut)[]} */
  #choices = [];
  #active = 0;

  /**
   * @param {HTMLTextAreaElement} input
   * @param {(choice: Command | Shortcut) => void} onPick
   */
  constructor(input, onPick) {
    this.#input = input;
    this.#onPick = onPick;
    this.list = h("div", { class: "completion-list", id: "completion", role: "listbox", "aria-label": "Slash commands and shortcuts" });
    this.usage = h("p", { class: "completion-usage", role: "status" });
    this.element = h("div", { class: "completion", hidden: true }, this.list, this.usage);
    for (const [name, value] of [["aria-autocomplete", "list"], ["aria-haspopup", "listbox"], ["aria-controls", "completion"]]) input.setAttribute(name, value);
    this.hide();
  }

  get isChoosing() {
    return !this.element.hidden && this.#choices.length > 0;
  }

  /** The keyboard's command or shortcut. */
  get active() {
    return this.#choices[this.#active];
  }

  /** @param {string} text @param {Command[]} commands @param {Shortcut[]} shortcuts */
  update(text, commands, shortcuts) {
    const { choices, usage } = suggestions(text, commands, shortcuts);
    this.#choices = choices;
    this.list.replaceChildren(...choices.map((choice, index) => this.#option(choice, index)));
    this.usage.replaceChildren(...(usage ? usageLine(usage) : []));
    this.list.hidden = choices.length === 0;
    this.usage.hidden = usage === null;
    this.element.hidden = choices.length === 0 && usage === null;
    this.#activate(0);
  }

  hide() {
    this.update("", [], []);
  }

  /** @param {number} step 1 or -1; wraps around */
  move(step) {
    this.#activate((this.#active + step + this.#choices.length) % this.#choices.length);
  }

  /** Pick the keyboard's choice. */
  pick() {
    this.#onPick(this.active);
  }

  #option(choice, index) {
    return h("div", {
      class: "completion-option", id: `completion-${index}`, role: "option",
      onpointerdown: (event) => { event.preventDefault(); this.#onPick(choice); },
    }, h("span", {}, h("strong", {}, choice.command ?? choice.name), " ", h("span", { class: "usage-hint" }, choice.command ? choice.usage_hint ?? "" : "shortcut")),
    h("span", { class: "completion-description" }, choice.description));
  }

  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (this.#choices.length > 0) this.#input.setAttribute("aria-activedescendant", `completion-${index}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }
}

function usageLine({ command, usage_hint: hint, description }) {
  return [h("strong", {}, command), " ", h("span", { class: "usage-hint" }, hint ?? ""), h("span", { class: "completion-description" }, description)];
}
