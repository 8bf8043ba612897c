// A control that was used spins and refuses a second click until the app has taken it or something has come of it.

const LONGEST_MS = 12_000; // whatever the connection lost meanwhile, by then the button works again

/** Mark a control as busy. It keeps the focus, which a disabled one would lose. */
export function markPending(control) {
  control.setAttribute("aria-busy", "true");
  control.setAttribute("aria-disabled", "true");
  setTimeout(() => settle(control), LONGEST_MS);
}

/** Whether a control still waits for the outcome of its last click. */
export function isPending(control) {
  return control.getAttribute("aria-busy") === "true";
}

/** Release every waiting control under `root`. */
export function settlePending(root) {
  root.querySelectorAll('[aria-busy="true"]').forEach(settle);
}

function settle(control) {
  control.removeAttribute("aria-busy");
  control.removeAttribute("aria-disabled");
}
