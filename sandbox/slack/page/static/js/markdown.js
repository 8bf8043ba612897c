// The markdown block, with what a bot needs: headings, lists, quotes, code, emphasis and links.

import { h, link } from "./dom.js";
import { emojiRule } from "./emoji.js";
import { formatInline } from "./inline.js";
import { codeBlock, decodeEntities } from "./mrkdwn.js";

const FENCE = /^```/;
const HEADING = /^(#{1,6}) +(.*)$/;
const KINDS = [
  ["quote", /^> ?/],
  ["ul", /^ *[-*+] +/],
  ["ol", /^ *\d+[.)] +/],
  ["rule", /^ *(?:-{3,}|\*{3,}|_{3,}) *$/],
  ["blank", /^\s*$/],
];

/** @param {string} text @returns {Node[]} */
export function renderMarkdown(text) {
  return gather(text.split("\n")).map(renderGroup).filter((node) => node !== null);
}

/** Consecutive lines of one kind. A fenced block is always one group. */
function gather(all) {
  const groups = [];
  let fenced = false;
  for (const line of all) {
    const fence = FENCE.test(line);
    if (fence && !fenced) groups.push({ kind: "code", lines: [] });
    else if (!fence) add(groups, fenced ? "code" : kindOf(line), line);
    fenced = fence ? !fenced : fenced;
    if (fence && !fenced) groups.push({ kind: "blank", lines: [] });
  }
  return groups;
}

function add(groups, kind, line) {
  const last = groups.at(-1);
  if (last?.kind === kind && kind !== "heading") last.lines.push(line);
  else groups.push({ kind, lines: [line] });
}

function kindOf(line) {
  if (HEADING.test(line)) return "heading";
  const rule = KINDS.find(([kind, pattern]) => kind === "rule" && pattern.test(line));
  return (rule ?? KINDS.find(([, pattern]) => pattern.test(line)))?.[0] ?? "p";
}

function renderGroup({ kind, lines }) {
  const prefix = KINDS.find(([name]) => name === kind)?.[1];
  const texts = prefix ? lines.map((line) => line.replace(prefix, "")) : lines;
  switch (kind) {
    case "blank": return null;
    case "code": return codeBlock(lines.join("\n"));
    case "heading": return heading(lines[0]);
    case "rule": return h("hr");
    case "ul": case "ol": return h(kind, {}, ...texts.map((text) => h("li", {}, inline(text))));
    case "quote": return h("blockquote", {}, inline(texts.join("\n")));
    default: return h("p", { class: "pre-wrap" }, inline(texts.join("\n")));
  }
}

function heading(line) {
  const [, marks, text] = /** @type {RegExpExecArray} */ (HEADING.exec(line));
  return h("div", { class: "block-heading", role: "heading", "aria-level": Math.min(marks.length + 2, 6) }, inline(text));
}

function inline(text) {
  const nested = (tag) => (match) => h(tag, {}, inline(match[1]));
  return formatInline(text, [
    { pattern: /`([^`\n]+)`/uy, build: (match) => h("code", {}, match[1]) },
    { pattern: /\[([^\]\n]+)\]\(([^()\s]+)\)/uy, build: (match) => link(match[2], inline(match[1])) },
    { pattern: /\*\*(?=\S)([^*\n]+)(?<=\S)\*\*/uy, build: nested("strong") },
    { pattern: /(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]+)(?<=\S)\*/uy, build: nested("em") },
    { pattern: /(?<![\p{L}\p{N}_])_(?=\S)([^_\n]+)(?<=\S)_(?![\p{L}\p{N}])/uy, build: nested("em") },
    { pattern: /~~(?=\S)([^~\n]+)(?<=\S)~~/uy, build: nested("del") },
    emojiRule(),
    { pattern: /https?:\/\/[^\s<>]*[^\s<>.,;:!?'")\]]/uy, build: (match) => link(match[0], match[0]) },
  ], decodeEntities);
}
