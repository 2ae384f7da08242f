/** Source text on a terminal: nothing in it is obeyed, and of a long line the part around the place is shown. */

/** Characters of a line that are shown, at most. */
const WIDEST = 120;

/** Characters that take two cells in a terminal, of those that are one unit in JavaScript. Emoji are two of each. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

/**
 * Text in which each control character is a picture of it: a terminal would obey it, or, of those that turn the direction of
 * writing around, show other text than there is. As many characters as before; tabs stay.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

/** The beginning of a line, for notes beside instructions. */
export function shortened(text: string): string {
  const shown = printable(text);
  return shown.length > WIDEST ? `${shown.slice(0, WIDEST)}…` : shown;
}

/** A line, and under it a mark from one column to another, counted from 0; the end is exclusive. */
export function excerpt(text: string, from: number, to: number): { readonly line: string; readonly mark: string } {
  const whole = printable(text);
  // A place near the beginning is shown with all that is before it.
  const start = from < (WIDEST * 2) / 3 ? 0 : Math.min(from - WIDEST / 3, Math.max(0, whole.length - WIDEST));
  const end = Math.min(whole.length, start + WIDEST);
  const [before, after] = [start > 0 ? "…" : "", end < whole.length ? "…" : ""];
  // Tabs before the mark stay tabs, so that it stands under its place however wide they are.
  const indent = Array.from({ length: from - start }, (_, index) => {
    const character = whole[start + index] ?? "";
    return character === "\t" ? "\t" : WIDE.test(character) ? "  " : " ";
  });
  const length = Math.max(1, Math.min(to, end) - from);
  return {
    line: `${before}${whole.slice(start, end)}${after}`,
    mark: `${" ".repeat(before.length)}${indent.join("")}${"^".repeat(length)}`,
  };
}
