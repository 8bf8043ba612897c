// Block Kit blocks as elements of the page. One entry in BLOCKS is one block type.

import { h, safeUrl, uniqueId } from "./dom.js";
import { elementImage, renderElement } from "./elements.js";
import { renderMarkdown } from "./markdown.js";
import { renderRichText } from "./richtext.js";
import { plainString, renderText } from "./text.js";

/** @typedef {import("./surface.js").Surface} Surface */

/** @type {Record<string, (block: any, surface: Surface) => (Node | Node[])>} */
const BLOCKS = {
  section, header, context, divider, actions, image, input,
  rich_text: (block, { names }) => renderRichText(block, names),
  markdown: (block) => renderMarkdown(block.text),
};

/**
 * @param {any[]} blocks
 * @param {Surface} surface
 */
export function renderBlocks(blocks, surface) {
  return h("div", { class: "blocks" }, ...blocks.map((block) => renderBlock(block, surface)));
}

function renderBlock(block, surface) {
  const known = Object.hasOwn(BLOCKS, block.type);
  const content = known ? BLOCKS[block.type](block, surface) : h("p", { class: "unsupported" }, `(This workspace cannot show "${block.type}" blocks yet.)`);
  return h("div", { class: `block block-${known ? block.type : "unknown"}`, data: { blockId: block.block_id } }, content);
}

function section(block, surface) {
  const { names } = surface;
  const text = block.text ? h("div", { class: "text" }, renderText(block.text, names)) : null;
  const fields = block.fields ? h("div", { class: "fields" }, ...block.fields.map((field) => h("div", { class: "text field" }, renderText(field, names)))) : null;
  const body = h("div", { class: "section-body" }, text, fields);
  if (!block.accessory) return body;
  const place = { blockId: block.block_id, surface };
  const control = h("div", { class: "accessory" }, renderElement(block.accessory, place));
  return [body, describe(control, text)];
}

/** Describe each button by its section's first line, because ten "Details" buttons sound the same. */
function describe(control, text) {
  const subject = text?.querySelector("strong") ?? text?.querySelector("p");
  if (!subject) return control;
  subject.id = uniqueId("subject");
  control.querySelector("button")?.setAttribute("aria-describedby", subject.id);
  return control;
}

function header(block, { names, headings }) {
  return h(`h${headings}`, { class: "block-heading" }, renderText(block.text, names));
}

function context(block, { names }) {
  return block.elements.map((element) =>
    element.type === "image" ? elementImage(element) : h("div", { class: "text" }, renderText(element, names)));
}

function divider() {
  return h("hr");
}

function actions(block, surface) {
  return block.elements.map((element) => renderElement(element, { blockId: block.block_id, surface }));
}

function image(block, { names }) {
  const caption = block.title ? h("figcaption", {}, renderText(block.title, names)) : null;
  return h("figure", {}, caption, h("img", { src: safeUrl(block.image_url), alt: block.alt_text, loading: "lazy" }));
}

function input(block, surface) {
  const label = plainString(block.label);
  const place = { blockId: block.block_id, surface, label, silent: !block.dispatch_action };
  const error = surface.errors?.[block.block_id];
  const element = renderElement(block.element, place);
  const notes = [
    block.hint ? h("div", { class: "input-hint", id: uniqueId("hint") }, renderText(block.hint, surface.names)) : null,
    error ? h("div", { class: "input-error", id: uniqueId("error"), role: "alert" }, error) : null,
  ].filter((node) => node !== null);
  explain(element, { notes, isWrong: Boolean(error), isRequired: !block.optional });
  return [h("div", { class: "input-label" }, label, block.optional ? h("span", { class: "optional" }, " (optional)") : null), element, ...notes];
}

/** Link a control to its hint and its error for screen readers. */
function explain(element, { notes, isWrong, isRequired }) {
  const found = element.matches("input, textarea, [role='radiogroup'], [role='group']") ? element : element.querySelector("[role='combobox']");
  if (notes.length > 0) found?.setAttribute("aria-describedby", notes.map(({ id }) => id).join(" "));
  if (found?.getAttribute("role") === "group") return; // a group can be neither required nor invalid
  if (isWrong) found?.setAttribute("aria-invalid", "true");
  if (isRequired) found?.setAttribute("aria-required", "true");
}
