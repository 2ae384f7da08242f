/** An explanation for an editor: a diagnostic in the shape of the Language Server Protocol 3.17. */

import type { Explanation, Place } from "../explanation.ts";
import { endOf } from "./terminal.ts";

/** Lines and characters count from 0, the end is exclusive. */
export interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export interface EditorDiagnostic {
  /** The file as the compiler was given it; null when lines are not known. An editor makes a URI of it. */
  readonly file: string | null;
  readonly range: Range;
  /** 1: error. */
  readonly severity: 1;
  readonly code: string;
  readonly source: "skep verify";
  readonly message: string;
  readonly relatedInformation: readonly {
    readonly location: { readonly file: string | null; readonly range: Range };
    readonly message: string;
  }[];
}

export function toDiagnostic(explanation: Explanation, source?: (file: string) => readonly string[] | null): EditorDiagnostic {
  const { at, problem, reason, path, suggestions, code } = explanation;
  const first = suggestions[0];
  const instead =
    first === undefined ? "" : `\nInstead: ${first.text}${first.checked === true ? " (checked: passes with this)" : ""}`;
  return {
    file: at.file,
    range: rangeOf(at, source),
    severity: 1,
    code,
    source: "skep verify",
    message: `${problem}\n${reason}${instead}`,
    relatedInformation: path
      .filter((step) => step.at.line > 0)
      .map((step) => ({ location: { file: step.at.file, range: rangeOf(step.at, source) }, message: step.text })),
  };
}

/** From the column to the end of the word there; the whole line where the column is not known. */
function rangeOf(at: Place, source?: (file: string) => readonly string[] | null): Range {
  const line = Math.max(0, at.line - 1);
  const text = at.file === null ? null : (source?.(at.file)?.[line] ?? null);
  if (at.column === 0) {
    const indent = text === null ? 0 : text.length - text.trimStart().length;
    return { start: { line, character: indent }, end: { line, character: text === null ? at.text.length : text.length } };
  }
  const start = at.column - 1;
  return { start: { line, character: start }, end: { line, character: text === null ? start + 1 : endOf(text, start) } };
}
