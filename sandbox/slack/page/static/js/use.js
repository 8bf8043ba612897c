// Shared by all block elements: their place, their confirmation, and their report to the app.

import { isConfirmed } from "./confirm.js";
import { safeUrl } from "./dom.js";
import { isPending, markPending } from "./pending.js";
import { plainString, renderText } from "./text.js";

/**
 * @typedef {object} Place an element's position
 * @property {string} blockId
 * @property {import("./surface.js").Surface} surface
 * @property {string} [label] the label of the input block around it
 * @property {boolean} [silent] whether its use sends nothing (an input without dispatch_action)
 */

/** The data-attributes that identify a control. */
export function hooks(element, { blockId }) {
  return { blockId, actionId: element.action_id };
}

/** Whether this use counts: no earlier one is pending, and the person confirmed it. */
export function mayUse(control, element, { surface }) {
  return isPending(control) ? Promise.resolve(false) : isConfirmed(element.confirm, surface.names);
}

/** Send a use to the app, unless the element waits for the form. */
export function send(control, element, place, outcome) {
  if (place.silent) return;
  markPending(control);
  void place.surface.act({ block_id: place.blockId, action_id: element.action_id, type: element.type, ...outcome });
}

/** The person's current choice, or the app's initial one. @param {string} key @param {any} initial */
export function kept(element, { blockId, surface }, key, initial) {
  const chosen = surface.form.get(blockId, element.action_id);
  return chosen && key in chosen ? chosen[key] : initial;
}

/** Keep a choice for the form. @param {Record<string, any>} outcome */
export function keep(element, { blockId, surface }, outcome) {
  surface.form.set(blockId, element.action_id, { type: element.type, ...outcome });
}

export function follow(url) {
  if (url && safeUrl(url)) open(url, "_blank", "noopener,noreferrer");
}

/** Convert Slack's option into a popup's. */
export function option(raw, names) {
  return {
    label: renderText(raw.text, names), text: plainString(raw.text), value: raw,
    description: raw.description ? renderText(raw.description, names) : null,
  };
}

/** Convert options, with or without groups. */
export function groupsOf({ options, option_groups: groups }, names) {
  return (groups ?? [{ options: options ?? [] }]).map((group) => ({
    label: group.label ? renderText(group.label, names) : undefined,
    options: group.options.map((raw) => option(raw, names)),
  }));
}

/** Whether an option is among these, by its value. */
export function isChosen(raw, chosen) {
  return chosen.some(({ value }) => value === raw.value);
}
