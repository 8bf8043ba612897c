// A menu with options from the app: a text field with the app's suggestions under it.

import { h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { attachPopup } from "./popup.js";
import { plainString } from "./text.js";
import { groupsOf, hooks, keep, kept, mayUse, send } from "./use.js";

const TYPING_PAUSE_MS = 250;
const LEAST = 3;

export function externalSelect(element, place) {
  const label = place.label ?? (plainString(element.placeholder) || "Search");
  const input = /** @type {HTMLInputElement} */ (h("input", {
    type: "text", class: "text-input external", autocomplete: "off", spellcheck: "false", role: "combobox", "aria-autocomplete": "list",
    "aria-label": label, placeholder: plainString(element.placeholder) || "Type to search", data: hooks(element, place),
  }));
  const status = h("span", { class: "visually-hidden", role: "status", id: uniqueId("suggestions") });
  let chosen = kept(element, place, "selected_option", element.initial_option ?? null);
  const show = () => {
    input.value = plainString(chosen?.text);
    keep(element, place, { selected_option: chosen });
  };
  const popup = attachPopup(input, {
    role: "listbox", groups: [], typed: true, selected: () => chosen,
    onPick: async (raw) => {
      if (!(await mayUse(input, element, place))) return;
      chosen = raw;
      show();
      send(input, element, place, { selected_option: raw });
    },
  });
  suggestWhileTyping({ input, popup, status, element, place });
  input.addEventListener("blur", show); // typed text without a pick is not a choice
  show();
  return h("span", { class: "popup-anchor external-anchor" }, input, icon("chevron"), popup.element, status);
}

function suggestWhileTyping({ input, popup, status, element, place }) {
  const least = element.min_query_length ?? LEAST;
  let timer = 0;
  let latest = 0;
  const ask = async () => {
    const mine = ++latest;
    const menu = { block_id: place.blockId, action_id: element.action_id };
    const found = await place.surface.suggest(menu, input.value).catch(() => null);
    if (mine !== latest || document.activeElement !== input) return;
    const groups = groupsOf(found?.option_groups?.length ? found : { options: found?.options ?? [] }, place.surface.names);
    const count = groups.flatMap(({ options }) => options).length;
    popup.fill(groups);
    status.textContent = found === null ? "The app didn't respond" : count === 1 ? "1 suggestion" : `${count} suggestions`;
    if (count > 0) popup.open();
    else popup.close();
  };
  const later = () => {
    clearTimeout(timer);
    if (input.value.length >= least) timer = setTimeout(ask, TYPING_PAUSE_MS);
    else popup.close();
  };
  input.addEventListener("input", later);
  input.addEventListener("focus", () => { if (least === 0) void ask(); });
}
