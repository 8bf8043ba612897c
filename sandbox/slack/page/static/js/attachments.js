// The attachments of a message: an alert's own, and cards for links that the app unfurls.

import { renderBlocks } from "./blocks.js";
import { h, link, safeUrl } from "./dom.js";
import { renderMrkdwn } from "./mrkdwn.js";

const COLORS = { good: "#2f9e6e", warning: "#d9822b", danger: "#c0392b" };

/**
 * @param {any} attachment
 * @param {import("./surface.js").Surface} surface
 * @param {{name: string}} app
 */
export function renderAttachment(attachment, surface, app) {
  const unfurled = Boolean(attachment.is_app_unfurl);
  const element = h("div", { class: unfurled ? "attachment unfurl" : "attachment", role: unfurled ? "group" : null, "aria-label": unfurled ? `Card for ${attachment.from_url}` : null },
    attachment.blocks ? renderBlocks(attachment.blocks, surface) : legacy(attachment, surface.names),
    unfurled ? h("p", { class: "attachment-footer" }, `Shown by ${app.name}`) : null);
  const color = COLORS[attachment.color] ?? attachment.color ?? "";
  if (/^#?[0-9a-f]{6}$/i.test(color)) element.style.setProperty("--bar", `#${color.replace("#", "")}`);
  return element;
}

/** The format from before blocks, in which every part is optional. */
function legacy(attachment, names) {
  const { pretext, author_name: author, title, title_link: titleLink, text, fields = [], image_url: image, footer, fallback } = attachment;
  const parts = [
    pretext && h("div", { class: "text" }, renderMrkdwn(pretext, names)),
    author && h("p", { class: "attachment-author" }, author),
    title && h("p", { class: "attachment-title" }, titleLink ? link(titleLink, title) : title),
    text && h("div", { class: "text" }, renderMrkdwn(text, names)),
    fields.length > 0 && h("div", { class: "fields" }, ...fields.map((field) => renderField(field, names))),
    image && safeUrl(image) && h("img", { class: "attachment-image", src: safeUrl(image), alt: fallback ?? "", loading: "lazy" }),
    footer && h("p", { class: "attachment-footer" }, footer),
  ].filter(Boolean);
  return parts.length > 0 ? parts : [h("div", { class: "text" }, fallback)];
}

function renderField({ title, value, short }, names) {
  return h("div", { class: short ? "text field" : "text field wide" },
    title ? h("strong", { class: "field-title" }, title) : null, h("div", {}, renderMrkdwn(String(value ?? ""), names)));
}
