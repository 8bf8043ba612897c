// A used control spins and ignores clicks until the app acknowledges it or a result arrives.

const LONGEST_MS = 12_000; // the button works again by then, even if the connection lost the result

/** Mark a control as busy. It keeps the focus, which a disabled one would lose. */
export function markPending(control) {
  control.setAttribute("aria-busy", "true");
  control.setAttribute("aria-disabled", "true");
  setTimeout(() => settle(control), LONGEST_MS);
}

/** Whether a control still waits for the result of its last click. */
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
