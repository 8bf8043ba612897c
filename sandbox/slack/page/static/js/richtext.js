// The rich_text block: people's text, already parsed by Slack.

import { formatDate, isShowable } from "./dates.js";
import { h, link } from "./dom.js";
import { emojiElement } from "./emoji.js";
import { codeBlock } from "./mrkdwn.js";
import { timeElement } from "./time.js";

const STYLES = { bold: "strong", italic: "em", strike: "del", code: "code", underline: "u" };

/** @param {{elements?: any[]}} block @param {import("./mrkdwn.js").Names} names */
export function renderRichText(block, names) {
  return (block.elements ?? []).map((element) => container(element, names));
}

function container(element, names) {
  const children = element.elements ?? [];
  if (element.type === "rich_text_preformatted") return codeBlock(children.map((child) => child.text ?? child.url ?? "").join(""));
  if (element.type === "rich_text_quote") return h("blockquote", {}, ...inlineAll(children, names));
  if (element.type === "rich_text_list") return list(element, children, names);
  return h("p", {}, ...inlineAll(children, names));
}

function list(element, children, names) {
  const items = children.map((child) => h("li", {}, ...inlineAll(child.elements ?? [], names)));
  return h(element.style === "ordered" ? "ol" : "ul", { class: element.indent ? "nested" : null }, ...items);
}

function inlineAll(elements, names) {
  return elements.map((element) => styled(inline(element, names), element.style));
}

function styled(node, style = {}) {
  return Object.keys(STYLES).filter((name) => style[name]).reduce((inner, name) => h(STYLES[name], {}, inner), node);
}

function inline(element, names) {
  switch (element.type) {
    case "link": return link(element.url, element.text ?? element.url);
    case "user": return h("span", { class: "mention" }, `@${names.user(element.user_id)}`);
    case "channel": return h("span", { class: "mention" }, `#${names.channel(element.channel_id)}`);
    case "broadcast": return h("span", { class: "mention broadcast" }, `@${element.range}`);
    case "usergroup": return h("span", { class: "mention" }, `@${names.group?.(element.usergroup_id) ?? element.usergroup_id}`);
    case "emoji": return emojiElement(element.name) ?? `:${element.name}:`;
    case "date": return date(element);
    default: return h("span", { class: "pre-wrap" }, element.text ?? "");
  }
}

function date({ timestamp, format, url, fallback }) {
  if (!isShowable(timestamp)) return fallback ?? "";
  const time = timeElement(timestamp, format);
  return url ? link(url, time) : fallback && !formatDate(timestamp, format) ? fallback : time;
}
