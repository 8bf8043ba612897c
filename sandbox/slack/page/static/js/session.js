// One person's session. It loads the state after the live connection opens, so that it misses no event.

import { fetchState, openLive } from "./api.js";

export class Session {
  #workspace;
  #close = () => {};

  /** @param {import("./state.js").Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
  }

  /** Switch to this user. @param {string} user */
  start(user) {
    this.#close();
    let early = /** @type {any[] | null} */ ([]);
    let isOver = false;
    const onOpen = async () => {
      const waiting = (early = []);
      const state = await fetchState(user);
      if (isOver || early !== waiting) return; // the user changed, or a newer connection started
      this.#workspace.load(state);
      this.#workspace.setOnline(true);
      early = null;
      waiting.forEach((event) => this.#workspace.receive(event));
    };
    /** The app was installed or removed, which changes much of the state. */
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
