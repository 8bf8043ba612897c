// A workspace's icon: the first letters of its name on a tile.

import { h } from "./dom.js";

/** @param {string} name */
export function tile(name) {
  const letters = name.split(/\s+/).slice(0, 2).map((word) => word.charAt(0).toUpperCase());
  return h("span", { class: "tile", "aria-hidden": "true" }, letters.join(""));
}
