/** Between slots and source: which line an instruction comes from, where a line begins, which function a slot is in. */

import type { FunctionInfo, LineInfo } from "../../../object/spec.ts";
import type { PreparedProgram } from "../program.ts";

export class SourceLines {
  readonly #lines: readonly LineInfo[];
  readonly #functions: readonly { readonly slot: number; readonly name: string }[];
  /** By slot: index in `#lines`, or -1. */
  readonly #index: Int32Array;
  /** By slot: 1 where the instructions of a line begin that did not come from it before. */
  readonly #begins: Uint8Array;

  constructor(program: PreparedProgram, functions: readonly FunctionInfo[]) {
    const { lines, operation } = program;
    this.#lines = lines;
    const names = new Map(functions.map(({ slot, name }) => [slot, name]));
    this.#functions = [...program.functions]
      .sort((a, b) => a - b)
      .map((slot) => ({ slot, name: names.get(slot) ?? (slot === 0 ? program.name : `function_${slot}`) }));
    this.#index = new Int32Array(operation.length).fill(-1);
    this.#begins = new Uint8Array(operation.length);
    let next = 0;
    for (let slot = 0; slot < operation.length; slot++) {
      const isStart = program.functions.has(slot);
      // What is known of one function says nothing about the next.
      let index = isStart || slot === 0 ? -1 : this.#index[slot - 1]!;
      const before = index;
      while (next < lines.length && lines[next]!.slot <= slot) index = next++;
      this.#index[slot] = index;
      if (index >= 0 && (before < 0 || !sameLine(lines[before]!, lines[index]!))) this.#begins[slot] = 1;
    }
  }

  /** Where the instruction at a slot comes from, or null. */
  at(slot: number): LineInfo | null {
    return this.#lines[this.#index[slot] ?? -1] ?? null;
  }

  /** Whether the two slots come from one line; false when that of either is not known. */
  same(slot: number, other: number): boolean {
    const [one, two] = [this.at(slot), this.at(other)];
    return one !== null && two !== null && sameLine(one, two);
  }

  /** Whether a line begins there: the instruction before came from another. Hot. */
  begins(slot: number): boolean {
    return this.#begins[slot] === 1;
  }

  get known(): boolean {
    return this.#lines.length > 0;
  }

  /** Files that instructions come from, in the order in which they first appear. */
  get files(): readonly string[] {
    return [...new Set(this.#lines.map(({ file }) => file))];
  }

  /**
   * The first line from `line` on that has instructions, in files whose path ends with `file` (in the program's own, when
   * absent); null when there is none.
   */
  find(line: number, file?: string): { readonly file: string; readonly line: number } | null {
    let best: LineInfo | null = null;
    const own = file ?? this.at(0)?.file;
    for (const info of this.#lines) {
      if (own !== undefined && !endsWithPath(info.file, own)) continue;
      if (info.line >= line && (best === null || info.line < best.line)) best = info;
    }
    return best === null ? null : { file: best.file, line: best.line };
  }

  /** Lines around one of a file, as far as line information quotes them: number → text without leading white space. */
  quoted(file: string): ReadonlyMap<number, string> {
    return new Map(this.#lines.filter((info) => info.file === file).map(({ line, text }) => [line, text]));
  }

  /** The function that a slot is in. */
  functionAt(slot: number): { readonly slot: number; readonly name: string } {
    return this.#functions.findLast((each) => each.slot <= slot) ?? { slot: 0, name: "" };
  }

  get functions(): readonly { readonly slot: number; readonly name: string }[] {
    return this.#functions;
  }
}

function sameLine(one: LineInfo, other: LineInfo): boolean {
  return one.line === other.line && one.file === other.file;
}

/** `a/b.bpf.ts` ends with `b.bpf.ts` and with `a/b.bpf.ts`. */
function endsWithPath(path: string, end: string): boolean {
  return path === end || path.endsWith(`/${end}`);
}
