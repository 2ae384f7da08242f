/** An explanation for a terminal: the place with its source and a caret, why, how it came to it, what to write instead. */

import { excerpt, printable } from "../../../compiler/typescript/excerpt.ts";
import type { Explanation, PathStep, Place } from "../explanation.ts";

export interface TerminalOptions {
  readonly color: boolean;
  /** The whole source of a file by its name, or null: with it, the caret stands under the column, and the lines around are shown. */
  readonly source?: (file: string) => readonly string[] | null;
  /** Width of the text; default 100. */
  readonly width?: number;
}

/** Several lines, without a final newline. Nothing of the source is obeyed by the terminal. */
export function renderExplanation(explanation: Explanation, options: TerminalOptions): string {
  const paint = (style: string, text: string) => (options.color ? `\x1b[${style}m${text}\x1b[0m` : text);
  const width = options.width ?? 100;
  const { at, problem, reason, path, suggestions, kernelText } = explanation;
  const lines = [`${paint("1", spot(at))}: ${paint("1;31", `refused [${explanation.code}]`)}: ${printable(problem)}`];
  lines.push(...quoted(at, options, paint));
  lines.push(...wrapped(printable(reason), width, "  "));
  if (path.length > 0) {
    lines.push("", paint("1", "  How it comes to that:"));
    let shown = "";
    for (const step of path) {
      const place = placeText(step.at);
      const key = `${step.at.file}:${step.at.line}:${step.at.slot}`;
      const sameLine = step.at.line > 0 && shown === `${step.at.file}:${step.at.line}`;
      if (!sameLine && key !== shown) lines.push(`  ${paint("2", place.label.padStart(6))}  ${printable(place.text)}`);
      shown = step.at.line > 0 ? `${step.at.file}:${step.at.line}` : key;
      lines.push(...wrapped(`${MARK[step.kind]} ${printable(step.text)}`, width, "          "));
    }
  }
  if (suggestions.length > 0) {
    lines.push("", paint("1", "  Instead:"));
    for (const { text, checked } of suggestions) {
      const [first, ...more] = wrapped(printable(text), width - 4, "");
      lines.push(`    ${paint("36", "-")} ${first}`, ...more.map((line) => `      ${line}`));
      if (checked === true) lines.push(`      ${paint("32", "checked: passes with this")}`);
    }
  }
  lines.push(
    "",
    ...wrapped(`In the kernel's words: ${printable(kernelText.replaceAll("\n", "; "))}`, width, "  ").map((line) =>
      paint("2", line),
    ),
  );
  return lines.join("\n");
}

const MARK: Readonly<Record<PathStep["kind"], string>> = {
  branch: "·",
  origin: "→",
  copy: "→",
  change: "→",
  spill: "→",
  reload: "→",
  lost: "✗",
  acquire: "+",
  release: "-",
  note: "·",
};

/** `file:line:column`, or the instruction. */
export function spot({ file, line, column, slot, function: name }: Place): string {
  if (file !== null && line > 0) return `${file}:${line}${column > 0 ? `:${column}` : ""}`;
  const where = slot === null ? "the program" : `instruction ${slot}`;
  return name === null ? where : `${name}, ${where}`;
}

function placeText({ line, slot, text, instruction }: Place): { readonly label: string; readonly text: string } {
  if (line > 0) return { label: String(line), text };
  return { label: slot === null ? "" : `#${slot}`, text: text === "" ? (instruction ?? "") : text };
}

/** The source line, with its number and a caret; or the instruction. */
function quoted(at: Place, { source }: TerminalOptions, paint: (style: string, text: string) => string): string[] {
  const { file, line, column, text, instruction, slot } = at;
  if (line === 0 || (text === "" && file === null)) {
    const shown = [text, instruction ?? ""].filter((one) => one !== "");
    const label = slot === null ? "" : String(slot);
    return shown.map((one, at) => `${paint("2", `  ${at === 0 ? label : " ".repeat(label.length)} |`)} ${printable(one)}`);
  }
  const whole = file === null ? null : (source?.(file)?.[line - 1] ?? null);
  // A file that has changed since is no source of it.
  const fits = whole !== null && (text === "" || whole.trim() === text.trim());
  const gutter = `  ${line} | `;
  const blank = `${" ".repeat(gutter.length - 2)}| `;
  if (!fits || whole === null || column === 0) return [`${paint("2", gutter)}${printable(text)}`];
  const shown = excerpt(whole, column - 1, endOf(whole, column - 1));
  const indent = shown.mark.slice(0, shown.mark.indexOf("^"));
  return [`${paint("2", gutter)}${shown.line}`, `${paint("2", blank)}${indent}${paint("31", shown.mark.slice(indent.length))}`];
}

/** The end of the word that begins there. */
export function endOf(line: string, from: number): number {
  return from + Math.max(1, /^[\w$]+/.exec(line.slice(from))?.[0].length ?? 1);
}

function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(indent + line);
  return lines;
}
