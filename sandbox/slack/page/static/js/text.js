// Slack's text objects.

import { renderMrkdwn, renderPlain } from "./mrkdwn.js";

/**
 * @param {{type: string, text: string, emoji?: boolean} | string | null | undefined} object
 * @param {import("./mrkdwn.js").Names} names
 * @returns {DocumentFragment}
 */
export function renderText(object, names) {
  if (!object) return document.createDocumentFragment();
  if (typeof object === "string") return renderPlain(object);
  return object.type === "mrkdwn" ? renderMrkdwn(object.text, names) : renderPlain(object.text, object.emoji !== false);
}

/** A text object as a plain string with emoji, for accessible names and for search by typing. */
export function plainString(object) {
  return object ? renderPlain(typeof object === "string" ? object : object.text).textContent ?? "" : "";
}
