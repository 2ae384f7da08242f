/** Where a run shall stop, and when: breakpoints by line, slot, function or helper, with a condition. */

import { nearest } from "../../../nearest.ts";
import { HELPER, helperName } from "../../../uapi/helpers.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { ExpressionError, isTrue, parseExpression, type Scope } from "./expression.ts";
import type { SourceLines } from "./lines.ts";

export type BreakAt =
  /** `file` is the end of a path; default the file that the program begins in. */
  | { readonly line: number; readonly file?: string }
  | { readonly slot: number }
  /** Where a function of the program begins that was not inlined. */
  | { readonly function: string }
  /** Before calls of a helper: its name, with or without `bpf_`, or its number. */
  | { readonly helper: string | number };

export interface Breakpoint {
  /** From 1. */
  readonly id: number;
  /** What it became: `firewall.bpf.ts:22`, `slot 5`. */
  readonly place: string;
  /** An expression; absent: always. */
  readonly condition?: string;
  /** How often it stopped the run. */
  readonly hits: number;
}

/** A place or a condition that makes no sense in this program. One line. */
export class BreakpointError extends Error {
  override readonly name = "BreakpointError";
}

/** Where a run came from, one step before. */
export interface Came {
  readonly pc: number;
  readonly depth: number;
}

interface Entry extends Breakpoint {
  hits: number;
  /** Slots at which it stops. */
  readonly slots: ReadonlySet<number>;
  /** Of a breakpoint by line: it also stops where a jump leads into the middle of the line. */
  readonly line: { readonly file: string; readonly line: number } | null;
  readonly holds: (scope: Scope) => boolean;
}

export class Breakpoints implements Iterable<Breakpoint> {
  readonly #program: PreparedProgram;
  readonly #lines: SourceLines;
  readonly #scope: () => Scope;
  readonly #entries: Entry[] = [];
  #next = 1;

  constructor(program: PreparedProgram, lines: SourceLines, scope: () => Scope) {
    this.#program = program;
    this.#lines = lines;
    this.#scope = scope;
  }

  /**
   * @param condition an expression (`expression.ts`), looked at each time the place is reached.
   * @throws BreakpointError for a place that is not in the program; ExpressionError for a condition that is none.
   */
  add(at: BreakAt, condition?: string): Breakpoint {
    const { place, slots, line } = this.#resolve(at);
    const holds = condition === undefined ? () => true : this.#condition(condition);
    const entry: Entry = {
      id: this.#next++,
      place,
      slots: new Set(slots),
      line,
      hits: 0,
      holds,
      ...(condition === undefined ? {} : { condition }),
    };
    this.#entries.push(entry);
    return shown(entry);
  }

  /** @returns whether there was one. */
  delete(id: number): boolean {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    if (index >= 0) this.#entries.splice(index, 1);
    return index >= 0;
  }

  /** Takes over those of the same program in another session. */
  adopt(other: Breakpoints): void {
    this.#entries.push(...other.#entries.map((entry) => ({ ...entry })));
    this.#next = Math.max(this.#next, other.#next);
  }

  clear(): void {
    this.#entries.length = 0;
  }

  get size(): number {
    return this.#entries.length;
  }

  [Symbol.iterator](): IterableIterator<Breakpoint> {
    return this.#entries.map(shown).values();
  }

  /** Those that stop a run that stands before `pc`. Counts as a hit. Hot: once a step. @param came from where, when asked. */
  at(pc: number, depth: number, came: () => Came | null): readonly Breakpoint[] {
    if (this.#entries.length === 0) return NONE;
    let found: Breakpoint[] | null = null;
    for (const entry of this.#entries) {
      if (!entry.slots.has(pc) && !this.#jumpedInto(entry, pc, depth, came)) continue;
      if (!entry.holds(this.#scope())) continue;
      entry.hits++;
      if (found === null) found = [shown(entry)];
      else found.push(shown(entry));
    }
    return found ?? NONE;
  }

  #jumpedInto({ line }: Entry, pc: number, depth: number, came: () => Came | null): boolean {
    if (line === null) return false;
    const info = this.#lines.at(pc);
    if (info === null || info.line !== line.line || info.file !== line.file) return false;
    const from = came();
    return from !== null && from.depth === depth && !this.#lines.same(from.pc, pc);
  }

  #condition(text: string): (scope: Scope) => boolean {
    const expression = parseExpression(text);
    const holds = (scope: Scope): boolean => {
      try {
        return isTrue(expression(scope));
      } catch (error) {
        if (error instanceof ExpressionError) return false;
        throw error;
      }
    };
    // What can never have a value is said now; what has none here may have one there.
    try {
      expression(this.#scope());
    } catch (error) {
      if (!(error instanceof ExpressionError) || error.unknownName) throw error;
    }
    return holds;
  }

  #resolve(at: BreakAt): { place: string; slots: readonly number[]; line: Entry["line"] } {
    if ("slot" in at) {
      const { operation } = this.#program;
      if (operation[at.slot] === undefined || operation[at.slot] === OPERATION.invalid) {
        const last = operation.length - 1;
        throw new BreakpointError(`no instruction begins at slot ${at.slot}: ${this.#program.name} has slots 0 to ${last}`);
      }
      return { place: `slot ${at.slot}`, slots: [at.slot], line: null };
    }
    if ("function" in at) return this.#function(at.function);
    if ("helper" in at) return this.#helper(at.helper);
    return this.#line(at.line, at.file);
  }

  #line(wanted: number, file: string | undefined): { place: string; slots: readonly number[]; line: Entry["line"] } {
    const lines = this.#lines;
    if (!lines.known) {
      throw new BreakpointError(`${this.#program.name} carries no line information (compile with -g); break at a slot: slot N`);
    }
    const line = lines.find(wanted, file);
    if (line === null) {
      const known = lines.files.join(", ");
      const where = file === undefined ? `line ${wanted}` : `${file}:${wanted}`;
      throw new BreakpointError(`no instruction comes from ${where} or after it; there are ${known}`);
    }
    const slots: number[] = [];
    for (let slot = 0; slot < this.#program.operation.length; slot++) {
      const info = lines.at(slot);
      if (lines.begins(slot) && info?.line === line.line && info.file === line.file) slots.push(slot);
    }
    return { place: `${line.file}:${line.line}`, slots, line };
  }

  #function(name: string): { place: string; slots: readonly number[]; line: null } {
    const { functions } = this.#lines;
    const found = functions.find((each) => each.name === name);
    if (found !== undefined) return { place: `${name} (slot ${found.slot})`, slots: [found.slot], line: null };
    const names = functions.map((each) => each.name);
    const near = nearest(name, names);
    throw new BreakpointError(
      `there is no function ${name}${near === null ? "" : `; did you mean ${near}?`} (not inlined are ${names.join(", ")})`,
    );
  }

  #helper(wanted: string | number): { place: string; slots: readonly number[]; line: null } {
    const { operation, extra } = this.#program;
    const calls = new Map<number, number[]>();
    for (let slot = 0; slot < operation.length; slot++) {
      if (operation[slot] !== OPERATION.callHelper) continue;
      const id = extra[slot]!;
      calls.set(id, [...(calls.get(id) ?? []), slot]);
    }
    const id = typeof wanted === "number" ? wanted : helperId(wanted);
    const slots = id === undefined ? undefined : calls.get(id);
    if (id !== undefined && slots !== undefined) return { place: `calls of ${helperName(id) ?? id}`, slots, line: null };
    const names = [...calls.keys()].map((each) => helperName(each) ?? String(each));
    const near = nearest(String(wanted), names);
    throw new BreakpointError(
      `${this.#program.name} does not call ${wanted}${near === null ? "" : `; did you mean ${near}?`} (it calls ${names.join(", ") || "no helper"})`,
    );
  }
}

const NONE: readonly Breakpoint[] = [];

function shown({ id, place, condition, hits }: Entry): Breakpoint {
  return { id, place, hits, ...(condition === undefined ? {} : { condition }) };
}

function helperId(name: string): number | undefined {
  const ids: Readonly<Record<string, number>> = HELPER;
  return Object.hasOwn(ids, name) ? ids[name] : ids[`bpf_${name}`];
}
