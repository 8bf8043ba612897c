// The box under a thread.

import { sendMessage } from "./api.js";
import { byId, h } from "./dom.js";
import { icon } from "./icons.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountReply(workspace) {
  const area = byId("thread-reply");
  const input = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "composer-input", rows: 1, placeholder: "Reply …", "aria-label": "Reply in thread", autocomplete: "off" }));
  const form = h("form", { class: "composer" }, input, h("button", { type: "submit", class: "send-button", "aria-label": "Send reply" }, icon("send")));
  const submit = async () => {
    const text = input.value.trim();
    const { me, current, thread } = workspace;
    if (!text || !thread) return;
    input.value = "";
    await sendMessage(me, current, text, thread).catch((error) => {
      workspace.notice(current, error.message);
      if (!input.value) input.value = text;
    });
  };
  const draw = () => area.replaceChildren(...(workspace.isWritable(workspace.current) ? [form] : []));
  form.addEventListener("submit", (event) => { event.preventDefault(); void submit(); });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  });
  ["loaded", "channel", "traits", "thread"].forEach((what) => workspace.addEventListener(what, draw));
}
