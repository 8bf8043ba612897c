// One person's sitting: the state is read when the live connection stands, so that nothing falls between the two.

import { fetchState, openLive } from "./api.js";

export class Session {
  #workspace;
  #close = () => {};

  /** @param {import("./state.js").Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
  }

  /** Be this user from now on. @param {string} user */
  start(user) {
    this.#close();
    let early = /** @type {any[] | null} */ ([]);
    const onOpen = async () => {
      const waiting = (early = []);
      const state = await fetchState(user).catch(() => null);
      if (early !== waiting || state === null) return; // a newer connection has begun, or this one is about to fail
      this.#workspace.load(state);
      this.#workspace.setOnline(true);
      early = null;
      waiting.forEach((event) => this.#workspace.receive(event));
    };
    this.#close = openLive(user, {
      onOpen,
      onEvent: (event) => (early ? early.push(event) : this.#workspace.receive(event)),
      onDown: () => this.#workspace.setOnline(false),
    });
  }
}
