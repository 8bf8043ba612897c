// A small engine for inline text formats: it tries the rules at each position; unmatched text is plain.

/**
 * @typedef {object} Rule
 * @property {RegExp} pattern sticky and unicode; look-behind may see the text before the position
 * @property {(match: RegExpExecArray) => (Node | string | null)} build null means that the rule does not match after all
 */

/**
 * @param {string} text
 * @param {Rule[]} rules the first that matches wins
 * @param {(plain: string) => string} decode applied only to plain text, after all markup was found
 * @returns {DocumentFragment}
 */
export function formatInline(text, rules, decode) {
  const fragment = document.createDocumentFragment();
  let plain = "";
  const flush = () => {
    if (plain) fragment.append(decode(plain));
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    const hit = firstHit(text, at, rules);
    if (hit) {
      flush();
      fragment.append(hit.node);
      at += hit.length;
    } else {
      const character = String.fromCodePoint(/** @type {number} */ (text.codePointAt(at)));
      plain += character;
      at += character.length;
    }
  }
  flush();
  return fragment;
}

function firstHit(text, at, rules) {
  for (const { pattern, build } of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const node = match && match[0] ? build(match) : null;
    if (node !== null) return { node, length: match[0].length };
  }
  return null;
}
