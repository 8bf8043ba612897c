// Input fields: text and dates.

import { h } from "./dom.js";
import { plainString } from "./text.js";
import { hooks, keep, kept, mayUse, send } from "./use.js";

const ON_ENTER = "on_enter_pressed";
const ON_CHARACTER = "on_character_entered";
const TYPING_PAUSE_MS = 400;

export function textInput(element, place) {
  const control = /** @type {HTMLInputElement} */ (h(element.multiline ? "textarea" : "input", {
    class: "text-input", data: { ...hooks(element, place), dispatches: place.silent ? null : "" },
    placeholder: plainString(element.placeholder), rows: element.multiline ? 4 : null,
    maxlength: element.max_length, minlength: element.min_length, "aria-label": place.label ?? "Text",
  }));
  const remember = () => keep(element, place, { value: control.value || null });
  control.value = kept(element, place, "value", element.initial_value ?? "") ?? "";
  control.addEventListener("input", remember);
  remember();
  dispatch(control, element, place);
  return control;
}

/** Send typed text to the app at the moments in `dispatch_action_config`. */
function dispatch(control, element, place) {
  const moments = element.dispatch_action_config?.trigger_actions_on ?? [ON_ENTER];
  const report = () => send(control, element, place, { value: control.value });
  let timer = 0;
  control.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || place.silent || !moments.includes(ON_ENTER)) return;
    event.preventDefault();
    report();
  });
  control.addEventListener("input", () => {
    clearTimeout(timer);
    if (moments.includes(ON_CHARACTER)) timer = setTimeout(report, TYPING_PAUSE_MS);
  });
}

export function datePicker(element, place) {
  const control = /** @type {HTMLInputElement} */ (h("input", {
    type: "date", class: "text-input date-input", data: hooks(element, place),
    "aria-label": place.label ?? (plainString(element.placeholder) || "Select a date"),
  }));
  let day = kept(element, place, "selected_date", element.initial_date ?? null);
  control.value = day ?? "";
  keep(element, place, { selected_date: day });
  control.addEventListener("change", async () => {
    if (!(await mayUse(control, element, place))) {
      control.value = day ?? "";
      return;
    }
    day = control.value || null;
    keep(element, place, { selected_date: day });
    send(control, element, place, { selected_date: day });
  });
  return control;
}
