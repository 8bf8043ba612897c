// Options that are all visible: radio buttons and checkboxes.

import { h, uniqueId } from "./dom.js";
import { renderText } from "./text.js";
import { hooks, isChosen, keep, kept, mayUse, send } from "./use.js";

export function radioButtons(element, place) {
  const chosen = kept(element, place, "selected_option", element.initial_option ?? null);
  return boxes(element, place, { type: "radio", chosen: chosen ? [chosen] : [], outcome: ([first = null]) => ({ selected_option: first }) });
}

export function checkboxes(element, place) {
  const chosen = kept(element, place, "selected_options", element.initial_options ?? []);
  return boxes(element, place, { type: "checkbox", chosen, outcome: (selected) => ({ selected_options: selected }) });
}

function boxes(element, place, { type, chosen, outcome }) {
  const name = uniqueId("boxes");
  const inputs = element.options.map((raw, index) => h("input", {
    type, name, checked: isChosen(raw, chosen), data: index === 0 ? hooks(element, place) : {},
  }));
  const picked = () => outcome(element.options.filter((_, index) => inputs[index].checked));
  const group = h("div", { class: "boxes", role: type === "radio" ? "radiogroup" : "group", "aria-label": place.label ?? "Options" },
    ...element.options.map((raw, index) => box(inputs[index], raw, place.surface.names)));
  keep(element, place, picked());
  group.addEventListener("change", async (event) => {
    if (!(await mayUse(group, element, place))) {
      event.target.checked = !event.target.checked;
      return;
    }
    keep(element, place, picked());
    send(group, element, place, picked());
  });
  return group;
}

function box(input, raw, names) {
  return h("label", { class: "box" }, input, h("span", { class: "box-text text" }, renderText(raw.text, names),
    raw.description ? h("span", { class: "box-description" }, renderText(raw.description, names)) : null));
}
