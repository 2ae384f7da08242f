/** What the contexts of all programs on events have in common: where they lie, and how values get there. */

import type { Conditions } from "../../../verifier/verdict.ts";
import type { ContextInput, ContextValue } from "../../engine.ts";
import type { Cpu } from "../cpu.ts";
import type { Region } from "../memory.ts";

/** Where the context of one run lies: zeroed memory. */
export interface ContextArea {
  readonly cpu: Cpu;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Bytes that there are. */
  readonly size: number;
}

/** What a context became. */
export interface PlacedContext {
  /** Bytes that programs may read from its start. */
  readonly size: number;
  /** Memory that programs may write, which the context points at; null when there is none. */
  readonly buffer: { readonly start: number; readonly size: number } | null;
  /** The same for memory that they may only read; absent: none. */
  readonly readOnly?: { readonly size: number };
}

/**
 * Holds what a proven program is given against what its proof takes for granted, as a kernel does when it is attached or run.
 * @throws RangeError
 */
export function checkGiven(name: string, conditions: Conditions | null, { size, buffer, readOnly }: PlacedContext): void {
  if (conditions === null) return;
  const { contextSize, bufferSize, readOnlySize } = conditions;
  const hold = (what: string, needed: number, given: number): void => {
    if (needed > given) throw new RangeError(`${name}: touches ${needed} bytes of ${what}, and is given ${given}`);
  };
  hold("its context", contextSize, size);
  hold("the buffer", bufferSize, buffer?.size ?? 0);
  hold("the read-only buffer", readOnlySize, readOnly?.size ?? 0);
}

/** How the context of one kind of program is made. */
export interface ContextLayout {
  /** Whether programs may write the context itself. */
  readonly writable: boolean;
  /** Bytes that are enough for this input, buffers included. */
  capacity(input: ContextInput): number;
  /** @throws RangeError for fields that such a context does not have, and values that do not fit. */
  write(input: ContextInput, area: ContextArea): PlacedContext;
}

/** The most that an event carries (PERF_MAX_TRACE_SIZE); larger contexts get memory for their run alone. */
const COMMON_CAPACITY = 8192;

/** Bytes of what a helper may need to put something down: the deepest stack, and registers. */
const SCRATCH_SIZE = 1024;

/** Gives each CPU memory for the contexts of its events. */
export class ContextAreas {
  readonly #regions: Region[] = [];
  readonly #scratch: Region[] = [];
  /** By CPU: bytes from its start that may not be zero. */
  readonly #used: number[] = [];

  /** 1,024 bytes where a helper puts something down for a moment. */
  scratch(cpu: Cpu): number {
    return (this.#scratch[cpu.id] ??= cpu.room.memory.allocate(SCRATCH_SIZE, `scratch (cpu ${cpu.id})`, "engine")).start;
  }

  /** Lays out the context and runs the program on it. */
  with<Result>(
    cpu: Cpu,
    layout: ContextLayout,
    input: ContextInput,
    run: (area: ContextArea, placed: PlacedContext) => Result,
  ): Result {
    const { memory } = cpu.room;
    const size = layout.capacity(input);
    const common = size <= COMMON_CAPACITY;
    const region = common
      ? (this.#regions[cpu.id] ??= memory.allocate(COMMON_CAPACITY, `event (cpu ${cpu.id})`, "engine"))
      : memory.allocate(size, `context (cpu ${cpu.id})`, "engine");
    const { start } = region;
    if (common) {
      memory.bytes.fill(0, start, start + (this.#used[cpu.id] ?? 0));
      this.#used[cpu.id] = size;
    }
    try {
      const area: ContextArea = { cpu, view: memory.view, bytes: memory.bytes, start, size: common ? COMMON_CAPACITY : size };
      return run(area, layout.write(input, area));
    } finally {
      if (!common) memory.release(region);
    }
  }
}

/** Writes 64 bits: a number, text that is one, or the address of an object. @throws RangeError */
export function writeWord(view: DataView, at: number, value: ContextValue, name: string): void {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    view.setUint32(at, value >>> 0, true);
    view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
    return;
  }
  view.setBigUint64(at, toWord(value, name), true);
}

/** 64 bits of whatever is a number. @throws RangeError */
export function toWord(value: ContextValue, name: string): bigint {
  if (typeof value === "object" && "address" in value && typeof value.address === "number") return BigInt(value.address);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "string") {
    try {
      const wide = BigInt(value);
      if (wide >= -(1n << 63n) && wide < 1n << 64n) return BigInt.asUintN(64, wide);
    } catch {}
  }
  throw new RangeError(`${name}: expected a whole number of 64 bits, found ${describe(value)}`);
}

export function describe(value: ContextValue): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "bigint" ? `${value}` : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

/** Copies a context that was given as bytes. @throws RangeError when it is longer than what is there. */
export function copyBytes(input: Uint8Array, area: ContextArea): PlacedContext {
  area.bytes.set(input, area.start);
  return { size: input.length, buffer: null };
}

/** @throws RangeError that says which fields there are. */
export function unknownField(name: string, known: Iterable<string>, what: string): RangeError {
  return new RangeError(`${what} has no field ${name}; it has ${[...known].join(", ")}`);
}
