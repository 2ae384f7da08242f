/** Values that shall not change unnoticed: expressions, and stretches of memory. */

import { ExpressionError, parseExpression, type Scope } from "./expression.ts";
import { jsonText } from "./places.ts";

export interface Watch {
  /** From 1. */
  readonly id: number;
  /** As it was given. */
  readonly what: string;
  /** Its value where the run stands, as text; `(not there)` when it has none. */
  readonly value: string;
}

export interface WatchChange {
  readonly id: number;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** What memory can be looked at through. */
export interface Bytes {
  bytes(address: bigint, size: number): Uint8Array;
}

type Scopes = () => Scope & Bytes;

interface Entry {
  readonly id: number;
  readonly what: string;
  /** Reads the value in a scope. */
  readonly read: (scopes: Scopes) => string;
  value: string;
}

/** More would not be read on a line. */
const LONGEST = 4096;

export class Watches implements Iterable<Watch> {
  readonly #scope: Scopes;
  readonly #entries: Entry[] = [];
  #next = 1;

  constructor(scope: Scopes) {
    this.#scope = scope;
  }

  /**
   * @param what an expression (`r2`, `drops["203.0.113.66"]`, `*(u32 *)(r10 - 8)`), or `ADDRESS,SIZE`: bytes from an address that
   *   is computed now.
   * @throws ExpressionError for what is neither, or cannot be read.
   */
  add(what: string): Watch {
    const entry = { id: this.#next, what, read: this.#reader(what), value: "" };
    entry.value = entry.read(this.#scope);
    this.#next++;
    this.#entries.push(entry);
    return entry;
  }

  delete(id: number): boolean {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    if (index >= 0) this.#entries.splice(index, 1);
    return index >= 0;
  }

  /** Takes over those of the same program in another session, in which everything has the same addresses. */
  adopt(other: Watches): void {
    for (const entry of other.#entries) {
      this.#entries.push({ ...entry, value: entry.read(this.#scope) });
    }
    this.#next = Math.max(this.#next, other.#next);
  }

  clear(): void {
    this.#entries.length = 0;
  }

  get size(): number {
    return this.#entries.length;
  }

  [Symbol.iterator](): IterableIterator<Watch> {
    return this.#entries.values();
  }

  /** Reads all anew. @returns those that are not what they were when this was last called. Once a step. */
  changed(): readonly WatchChange[] {
    if (this.#entries.length === 0) return NONE;
    const changes: WatchChange[] = [];
    for (const entry of this.#entries) {
      const after = entry.read(this.#scope);
      if (after !== entry.value) changes.push({ id: entry.id, what: entry.what, before: entry.value, after });
      entry.value = after;
    }
    return changes;
  }

  #reader(what: string): (scopes: Scopes) => string {
    const range = /^(.*),\s*(0x[0-9a-f]+|\d+)\s*$/i.exec(what);
    if (range === null || /[[{(][^\])}]*$/.test(range[1]!)) {
      const expression = parseExpression(what);
      const read = (scopes: Scopes) => show(expression(scopes()));
      read(this.#scope);
      return orNothing(read);
    }
    const address = parseExpression(range[1]!)(this.#scope());
    const size = Number(range[2]);
    if (typeof address !== "bigint") throw new ExpressionError(`${range[1]}: expected an address, found ${typeof address}`);
    if (size < 1 || size > LONGEST) throw new ExpressionError(`a watch takes 1 to ${LONGEST} bytes, found ${size}`);
    const read = (scopes: Scopes) => show(scopes().bytes(address, size));
    read(this.#scope);
    return orNothing(read);
  }
}

const NONE: readonly WatchChange[] = [];

/** In another frame, or before the packet grew, there may be nothing. */
function orNothing(read: (scopes: Scopes) => string): (scopes: Scopes) => string {
  return (scopes) => {
    try {
      return read(scopes);
    } catch (error) {
      if (error instanceof ExpressionError) return show(undefined);
      throw error;
    }
  };
}

function show(value: unknown): string {
  if (value === undefined) return "(not there)";
  const text = jsonText(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
