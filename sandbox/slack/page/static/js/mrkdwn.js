// Slack's mrkdwn as DOM nodes (docs.slack.dev, "Formatting message text").

import { isShowable } from "./dates.js";
import { h, link } from "./dom.js";
import { emojiRule } from "./emoji.js";
import { formatInline } from "./inline.js";
import { timeElement } from "./time.js";

/**
 * The names of mentions.
 * @typedef {object} Names
 * @property {string} me the viewer's user id
 * @property {(id: string) => string} user
 * @property {(id: string) => string} channel
 * @property {(id: string) => string} [group]
 */

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const QUOTE = /^(?:&gt;|>) ?/;
const BULLET = /^( *)(?:•|◦|-|\*) +(?=\S)/u;
const NUMBER = /^( *)(\d{1,4})\. +(?=\S)/;

/** Undo Slack's three escapes once. The result is never parsed as markup again. */
export function decodeEntities(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/**
 * Render mrkdwn: paragraphs, quotes, lists, code and everything inline.
 * @param {string} text
 * @param {Names} names
 * @returns {DocumentFragment}
 */
export function renderMrkdwn(text, names) {
  const fragment = document.createDocumentFragment();
  text.split(/```/).forEach((piece, index, pieces) => {
    const closed = index < pieces.length - 1;
    if (index % 2 === 1 && closed) fragment.append(codeBlock(decodeEntities(unlink(piece))));
    else fragment.append(...lines(index % 2 === 1 ? `\`\`\`${piece}` : piece, names, index > 0, closed));
  });
  return fragment;
}

/** Render plain_text: emoji unless turned off, no markup. */
export function renderPlain(text, emoji = true) {
  return formatInline(text, emoji ? [emojiRule()] : [], decodeEntities);
}

/** A code block that scrolls sideways. It is focusable, so that arrow keys scroll it. */
export function codeBlock(code) {
  return h("pre", { tabindex: 0 }, h("code", {}, code.replace(/^\n|\n$/g, "")));
}

/** Group lines into quotes, lists and paragraphs. */
function lines(text, names, afterCode, beforeCode) {
  let trimmed = afterCode ? text.replace(/^\n/, "") : text;
  trimmed = beforeCode ? trimmed.replace(/\n$/, "") : trimmed;
  if (!trimmed) return [];
  const groups = [];
  for (const line of trimmed.split("\n")) {
    const kind = lineKind(line);
    if (groups.at(-1)?.kind === kind) groups.at(-1).lines.push(line);
    else groups.push({ kind, lines: [line] });
  }
  return groups.map((group) => renderGroup(group, names));
}

function lineKind(line) {
  if (QUOTE.test(line)) return "quote";
  if (BULLET.test(line)) return "bullets";
  return NUMBER.test(line) ? "numbers" : "text";
}

function renderGroup({ kind, lines: group }, names) {
  const inline = (line) => inlineMrkdwn(line, names);
  if (kind === "quote") return h("blockquote", {}, ...withBreaks(group.map((line) => inline(line.replace(QUOTE, "")))));
  if (kind === "text") return h("p", {}, ...withBreaks(group.map(inline)));
  const pattern = kind === "bullets" ? BULLET : NUMBER;
  const items = group.map((line) => h("li", { class: line.startsWith("  ") ? "nested" : null }, inline(line.replace(pattern, ""))));
  if (kind === "bullets") return h("ul", {}, ...items);
  return h("ol", { start: NUMBER.exec(group[0])?.[2] }, ...items);
}

function withBreaks(nodes) {
  return nodes.flatMap((node, index) => (index ? [h("br"), node] : [node]));
}

function inlineMrkdwn(text, names) {
  return formatInline(text, rules(names), decodeEntities);
}

/** @returns {import("./inline.js").Rule[]} */
function rules(names) {
  const nested = (tag) => (match) => h(tag, {}, inlineMrkdwn(match[1], names));
  return [
    { pattern: /`([^`\n]+)`/uy, build: (match) => h("code", {}, decodeEntities(unlink(match[1]))) },
    { pattern: /<([^<>\n]+)>/uy, build: (match) => reference(match[1], names) },
    { pattern: emphasis("*"), build: nested("strong") },
    { pattern: emphasis("_"), build: nested("em") },
    { pattern: emphasis("~"), build: nested("del") },
    emojiRule(),
    { pattern: /(?<![\p{L}\p{N}])https?:\/\/[^\s<>|`]*[^\s<>|`.,;:!?'")\]*_~]/uy, build: bareLink },
  ];
}

/** Words between two marks, not inside a word. Marks within code and references do not count. */
function emphasis(mark) {
  const m = `\\${mark}`.replace("\\_", "_").replace("\\~", "~");
  return new RegExp(`(?<![\\p{L}\\p{N}${m}])${m}(?=[^\\s${m}])((?:<[^<>\\n]*>|\`[^\`\\n]+\`|[^<\`\\n${m}])+)(?<!\\s)${m}(?![\\p{L}\\p{N}${m}])`, "uy");
}

function bareLink(match) {
  const url = decodeEntities(match[0]);
  return link(url, url);
}

/** The text between < and >: a mention, a date or a link. Other text stays as it is. */
function reference(inner, names) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? null : decodeEntities(inner.slice(bar + 1));
  if (target.startsWith("@")) return mention("@", target.slice(1), label, names.user, names.me);
  if (target.startsWith("#")) return mention("#", target.slice(1), label, names.channel);
  if (target.startsWith("!date^")) return dateReference(target, label);
  if (target.startsWith("!")) return h("span", { class: "mention broadcast" }, `@${broadcastName(target, label, names)}`);
  if (/^(?:https?:|mailto:)/.test(target)) return link(decodeEntities(target), label ?? decodeEntities(target).replace(/^mailto:/, ""));
  return null;
}

/** The name in this workspace, otherwise the label in the text, otherwise the id. */
function mention(sign, id, label, name, me) {
  const known = name(id);
  return h("span", { class: id === me ? "mention mine" : "mention", data: { id } }, sign + (known === id ? label ?? id : known));
}

function broadcastName(target, label, names) {
  if (target.startsWith("!subteam^")) {
    const id = target.slice("!subteam^".length);
    return (label ?? names.group?.(id) ?? id).replace(/^@/, "");
  }
  return target.slice(1);
}

function dateReference(target, label) {
  const [, seconds, format = "", url] = target.split("^");
  const unix = Number(seconds);
  if (!/^-?\d+$/.test(seconds) || !isShowable(unix) || !format) return h("span", {}, label ?? seconds);
  const time = timeElement(unix, decodeEntities(format));
  return url ? link(decodeEntities(url), time) : time;
}

/** In code, Slack shows a reference as its label or address. */
function unlink(code) {
  return code.replace(/<(?:https?:|mailto:)[^<>\n|]*\|([^<>\n]*)>/g, "$1").replace(/<((?:https?:|mailto:)[^<>\n|]*)>/g, "$1");
}
