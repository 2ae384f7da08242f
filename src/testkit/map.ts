/** A map in a test: filled before, looked at after. */

import type { BpfMap } from "../engine/engine.ts";
import { AssertionError } from "./assertion-error.ts";
import { equal, show, totalOf } from "./values.ts";

/** A value that a test expects. Of a per-CPU map: one number (the sum over the CPUs), or an array with one a CPU. */
export type Expected<Value> = Value extends bigint
  ? bigint | number
  : Value extends readonly (infer Each)[]
    ? readonly Expected<Each>[] | Expected<Each>
    : Value extends object
      ? { readonly [Name in keyof Value]: Expected<Value[Name]> }
      : Value;

/** What user space writes: numbers where they are enough. */
export type Given<Value> = Expected<Value>;

export class TestMap<Key = unknown, Value = unknown> {
  readonly name: string;
  /** The map itself, with all that its kind can do. */
  readonly map: BpfMap<Key, Value>;

  constructor(map: BpfMap<Key, Value>) {
    this.name = map.name;
    this.map = map;
  }

  get(key: Key): Value | undefined {
    return this.map.get(key);
  }

  has(key: Key): boolean {
    return this.map.has(key);
  }

  /** @throws MapError, ValueError as `BpfMap.set`. */
  set(key: Key, value: Given<Value>): this {
    this.map.set(key, value as Value);
    return this;
  }

  delete(key: Key): boolean {
    return this.map.delete(key);
  }

  clear(): void {
    this.map.clear();
  }

  entries(): [Key, Value][] {
    return [...this.map.entries()];
  }

  /** The value of one key; undefined: there is none. */
  expect(key: Key, value: Expected<Value> | undefined): this {
    const actual = this.map.get(key);
    if (matches(value, actual)) return this;
    const message = `${this.name} of ${show(key)}: expected ${show(value)}, found ${show(actual)}`;
    throw new AssertionError(message, { actual, expected: value, operator: "expect" }, this.expect);
  }

  /** Exactly these entries, in any order. */
  expectEntries(entries: Iterable<readonly [Key, Expected<Value>]>): this {
    const wanted = [...entries];
    const left = this.entries();
    const lines: string[] = [];
    for (const [key, value] of wanted) {
      const at = left.findIndex(([other]) => equal(key, other));
      if (at < 0) {
        lines.push(`${show(key)}: expected ${show(value)}, found nothing`);
        continue;
      }
      const [, actual] = left.splice(at, 1)[0]!;
      if (!matches(value, actual)) lines.push(`${show(key)}: expected ${show(value)}, found ${show(actual)}`);
    }
    for (const [key, value] of left) lines.push(`${show(key)}: expected nothing, found ${show(value)}`);
    if (lines.length === 0) return this;
    const shown = lines.length > 10 ? [...lines.slice(0, 10), `and ${lines.length - 10} more`] : lines;
    const message = `${this.name}:\n  ${shown.join("\n  ")}`;
    throw new AssertionError(
      message,
      { actual: this.entries(), expected: wanted, operator: "expectEntries" },
      this.expectEntries,
    );
  }

  /** Of a ring buffer or a perf event array: takes out what is there, oldest first. Open a perf event array before (`map.open()`). */
  records(): unknown[] {
    const records: unknown[] = [];
    const drained: unknown = this.map;
    (drained as Drained).drain((record) => {
      records.push(record);
    });
    return records;
  }

  /** Exactly these records, in order; they are taken out. */
  expectRecords(expected: readonly unknown[]): this {
    const actual = this.records();
    if (equal(expected, actual)) return this;
    const message = `${this.name}: expected the records ${show(expected)}, found ${show(actual)}`;
    throw new AssertionError(message, { actual, expected, operator: "expectRecords" }, this.expectRecords);
  }

  expectEmpty(): this {
    const actual = this.entries();
    if (actual.length === 0) return this;
    const message = `${this.name}: expected no entries, found ${actual.length}, the first ${show(actual[0])}`;
    throw new AssertionError(message, { actual, expected: [], operator: "expectEmpty" }, this.expectEmpty);
  }
}

/** Of a ring buffer or a perf event array. */
interface Drained {
  drain(each: (record: unknown) => void): number;
}

function matches(expected: unknown, actual: unknown): boolean {
  if (equal(expected, actual)) return true;
  const total = typeof expected === "number" || typeof expected === "bigint" ? totalOf(actual) : null;
  return total !== null && equal(expected, total);
}
