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
    let isOver = false;
    const onOpen = async () => {
      const waiting = (early = []);
      const state = await fetchState(user);
      if (isOver || early !== waiting) return; // somebody else sits here now, or a newer connection has begun
      this.#workspace.load(state);
      this.#workspace.setOnline(true);
      early = null;
      waiting.forEach((event) => this.#workspace.receive(event));
    };
    /** The app came or went, and with it much of the state. */
    const again = () => onOpen().catch((error) => this.#workspace.notice("", error.message));
    const closeLive = openLive(user, {
      onOpen,
      onEvent: (event) => {
        if (event.type === "installation") again();
        else if (early) early.push(event);
        else this.#workspace.receive(event);
      },
      onDown: () => this.#workspace.setOnline(false),
    });
    this.#close = () => {
      isOver = true;
      closeLive();
    };
  }
}
