// The surface of blocks. Messages and views differ only in their server address and in a click's effect.

import { fetchSuggestions, sendAction } from "./api.js";

/** The current input values of one surface: Slack's `state.values`. */
export class FormState {
  /** @type {Map<string, Map<string, object>>} */
  #blocks = new Map();

  get(blockId, actionId) {
    return this.#blocks.get(blockId)?.get(actionId);
  }

  set(blockId, actionId, value) {
    if (!this.#blocks.has(blockId)) this.#blocks.set(blockId, new Map());
    this.#blocks.get(blockId).set(actionId, value);
  }

  /** @returns {Record<string, Record<string, object>>} */
  values() {
    return Object.fromEntries([...this.#blocks].map(([blockId, actions]) => [blockId, Object.fromEntries(actions)]));
  }
}

/**
 * @typedef {object} Action one click or choice, in the server's format
 * @property {string} block_id
 * @property {string} action_id
 * @property {string} type
 * @property {string} [value]
 * @property {object} [selected_option]
 */

/**
 * @typedef {object} Surface
 * @property {import("./mrkdwn.js").Names} names
 * @property {FormState} form
 * @property {(action: Action) => Promise<void>} act
 * @property {(menu: {block_id: string, action_id: string}, typed: string) => Promise<any>} suggest
 * @property {import("./state.js").User[]} people
 * @property {import("./state.js").Channel[]} places
 * @property {2 | 3} headings the level of the headings in it
 * @property {string} [channel] the conversation in which it was opened
 * @property {Record<string, string>} [errors] by block id, after a rejected submission
 */

/**
 * The surface of a message or a view. `where` identifies it for the server.
 * @param {import("./state.js").Workspace} workspace
 * @param {Record<string, any>} where
 * @param {{form?: FormState, errors?: Record<string, string>, channel?: string, headings?: 2 | 3}} [more]
 * @returns {Surface}
 */
export function makeSurface(workspace, where, { form = new FormState(), errors, channel, headings = 2 } = {}) {
  const { me, names } = workspace;
  return {
    names, form, errors, channel, headings,
    people: [...workspace.users.values()].filter((user) => !user.is_bot),
    places: workspace.channels,
    act: (action) => sendAction(me, { ...action, ...where, state_values: form.values() })
      .then(() => {}, (error) => workspace.notice(where.channel ?? workspace.current, error.message)),
    suggest: (menu, typed) => fetchSuggestions(me, { ...menu, ...where, value: typed }),
  };
}
