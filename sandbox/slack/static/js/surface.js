// Where blocks are shown. A message and a view differ only in this: who is named how, and what a click does.

/** What people have chosen or typed so far on one surface: Slack's `state.values`. */
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
 * @typedef {object} Action one click or choice, as the server wants it
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
 * @property {Record<string, string>} [errors] by block id, after a refused submission
 */
