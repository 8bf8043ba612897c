// A person's avatar is an initial on their color, the app's is the logo.

import { h } from "./dom.js";

/**
 * @param {Partial<import("./state.js").User> | undefined} user
 * @param {{bot_user_id: string}} app
 */
export function avatar(user, app) {
  if (user?.id === app.bot_user_id) return h("img", { class: "avatar", src: "/static/logo.svg", alt: "" });
  const element = h("span", { class: "avatar", "aria-hidden": "true" }, (user?.name ?? "?").charAt(0).toUpperCase());
  const color = (user?.color ?? "").replace(/^#/, "");
  if (/^[0-9a-f]{3}(?:[0-9a-f]{3})?$/i.test(color)) element.style.setProperty("--avatar", `#${color}`);
  return element;
}
