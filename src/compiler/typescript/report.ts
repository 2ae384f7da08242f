/** Collects what is wrong with a source, so that one run tells several faults. */

import type { Location } from "../ir/ir.ts";
import { type Details, DIAGNOSTICS, type Diagnostic, type DiagnosticCode } from "./diagnostics.ts";
import { printable } from "./excerpt.ts";

/** A stretch of the source. Lines and columns count from 1; without an end it is one place. */
export interface Span extends Location {
  readonly endLine?: number;
  readonly endColumn?: number;
}

/** What the parser's nodes know of their place. */
export interface Located {
  readonly name?: unknown;
  readonly loc?: {
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
    readonly filename?: string | undefined;
  } | null;
}

export function spanOf(node: Located): Span {
  if (!node.loc) return { line: 1, column: 1 };
  const { start, end, filename } = node.loc;
  const file = filename === undefined ? null : { file: filename };
  const column = start.column + 1;
  // Of a name with a type annotation, the name.
  if (typeof node.name === "string")
    return { ...file, line: start.line, column, endLine: start.line, endColumn: column + node.name.length };
  return { ...file, line: start.line, column, endLine: end.line, endColumn: end.column + 1 };
}

/** The last character of a node. */
export function endOf(node: Located): Span {
  const { endLine, endColumn, ...start } = spanOf(node);
  return { ...start, line: endLine ?? start.line, column: Math.max(1, (endColumn ?? 2) - 1) };
}

/** More would help nobody. */
const MOST = 50;

export class Reporter {
  /** The file that everything without a file of its own is in. */
  readonly main: string;
  /** In the order in which they are told. */
  readonly #files = new Map<string, readonly string[]>();
  readonly #diagnostics: Diagnostic[] = [];

  constructor(file: string, text: string) {
    this.main = file;
    this.add(file, text);
  }

  /** Makes a further file known, that places may be in. */
  add(file: string, text: string): void {
    this.#files.set(file, text.split(/\r\n|[\n\r\u2028\u2029]/));
  }

  report<Code extends DiagnosticCode>(
    code: Code,
    at: Span,
    ...details: keyof Details<Code> extends never ? [] : [Details<Code>]
  ): void {
    if (this.#diagnostics.length >= MOST) return;
    const values: Readonly<Record<string, string | number | bigint>> = details[0] ?? {};
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (all, name: string) => `${values[name] ?? all}`);
    const { message, hint } = DIAGNOSTICS[code];
    this.#diagnostics.push({
      code,
      file: at.file ?? this.main,
      line: at.line,
      column: at.column,
      endLine: at.endLine ?? at.line,
      endColumn: at.endColumn ?? at.column + 1,
      // They may quote the source.
      message: printable(fill(message)),
      hint: printable(fill(hint)),
      text: this.line(at.line, at.file),
    });
  }

  get failed(): boolean {
    return this.#diagnostics.length > 0;
  }

  /** In the order of the files and in them of the lines; the same fault at the same place once. */
  get diagnostics(): readonly Diagnostic[] {
    const seen = new Set<string>();
    const order = [...this.#files.keys()];
    return this.#diagnostics
      .filter((d) => {
        const key = `${d.code}:${d.file}:${d.line}:${d.column}:${d.message}`;
        return !seen.has(key) && seen.add(key);
      })
      .sort((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line || a.column - b.column);
  }

  /** The text of a line, counted from 1. */
  line(line: number, file: string = this.main): string {
    return this.#files.get(file)?.[line - 1] ?? "";
  }
}
