// The popup over the composer: which slash commands there are, and how the one being typed is used.

import { h } from "./dom.js";

/** @typedef {{command: string, description: string, usage_hint: string}} Command */

/**
 * What to offer for this text: commands to choose from while the first word is typed, and afterwards the chosen
 * command's usage.
 * @param {string} text
 * @param {Command[]} commands
 * @returns {{choices: Command[], usage: Command | null}}
 */
export function suggestions(text, commands) {
  const word = /^\/\S*/.exec(text)?.[0].toLowerCase();
  if (!word) return { choices: [], usage: null };
  if (word.length < text.length) return { choices: [], usage: commands.find(({ command }) => command === word) ?? null };
  return { choices: commands.filter(({ command }) => command.startsWith(word)), usage: null };
}

export class Completion {
  #input;
  #onPick;
  /** @type {Command[]} */
  #choices = [];
  #active = 0;

  /**
   * @param {HTMLTextAreaElement} input
   * @param {(command: Command) => void} onPick
   */
  constructor(input, onPick) {
    this.#input = input;
    this.#onPick = onPick;
    this.list = h("div", { class: "completion-list", id: "completion", role: "listbox", "aria-label": "Slash commands" });
    this.usage = h("p", { class: "completion-usage", role: "status" });
    this.element = h("div", { class: "completion", hidden: true }, this.list, this.usage);
    for (const [name, value] of [["aria-autocomplete", "list"], ["aria-haspopup", "listbox"], ["aria-controls", "completion"]]) input.setAttribute(name, value);
    this.hide();
  }

  get isChoosing() {
    return !this.element.hidden && this.#choices.length > 0;
  }

  /** The command the keyboard is on. */
  get active() {
    return this.#choices[this.#active];
  }

  /** @param {string} text @param {Command[]} commands */
  update(text, commands) {
    const { choices, usage } = suggestions(text, commands);
    this.#choices = choices;
    this.list.replaceChildren(...choices.map((command, index) => this.#option(command, index)));
    this.usage.replaceChildren(...(usage ? usageLine(usage) : []));
    this.list.hidden = choices.length === 0;
    this.usage.hidden = usage === null;
    this.element.hidden = choices.length === 0 && usage === null;
    this.#activate(0);
  }

  hide() {
    this.update("", []);
  }

  /** @param {number} step 1 or -1, round and round */
  move(step) {
    this.#activate((this.#active + step + this.#choices.length) % this.#choices.length);
  }

  #option(command, index) {
    return h("div", {
      class: "completion-option", id: `completion-${index}`, role: "option",
      onpointerdown: (event) => { event.preventDefault(); this.#onPick(command); },
    }, h("span", {}, h("strong", {}, command.command), " ", h("span", { class: "usage-hint" }, command.usage_hint ?? "")),
    h("span", { class: "completion-description" }, command.description));
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
