/** A map of the kernel, shaped like JavaScript's own. */

import type { Codec } from "../../../btf/codec.ts";
import type { BpfMap, ProgramHandle, UpdateMode, UpdateOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { type EntryCursor, openCursor } from "./cursor.ts";
import { LinuxHandle } from "./handle.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

/**
 * One class for every kind: what differs is the value's codec (per-CPU kinds have an element for each CPU) and what the kernel
 * permits. An operation costs one system call; walking over hashes and arrays takes one for some thousand entries.
 */
export class LinuxMap extends LinuxHandle implements BpfMap {
  readonly #key: Codec;
  readonly #value: Codec;

  constructor(raw: RawMap, key: Codec, value: Codec) {
    super(raw);
    this.#key = key;
    this.#value = value;
  }

  get(key: unknown): unknown {
    this.#key.encode(key, this.raw.key, 0);
    return this.raw.lookup() ? this.#value.decode(this.raw.value, 0) : undefined;
  }

  has(key: unknown): boolean {
    this.#key.encode(key, this.raw.key, 0);
    return this.raw.lookup();
  }

  set(key: unknown, value: unknown, mode: UpdateMode | UpdateOptions = "any"): void {
    this.#key.encode(key, this.raw.key, 0);
    this.#value.encode(value, this.raw.value, 0);
    if (typeof mode !== "string" && mode.program !== undefined) this.#putProgram(mode.program);
    this.raw.update(flagsOf(mode));
  }

  /** `bpf_prog.fd` of `struct bpf_devmap_val` and `struct bpf_cpumap_val`. */
  #putProgram(program: ProgramHandle): void {
    const { value } = this.raw;
    const hasPlace = /^(devmap|devmap_hash|cpumap)$/.test(this.spec.type) && this.spec.valueSize === 8;
    const fd = "fd" in program && typeof program.fd === "number" ? program.fd : -1;
    if (!hasPlace || fd < 0) {
      const why = hasPlace
        ? `expected a loaded program of the Linux engine, found ${program.name}`
        : "its entries have no program";
      throw new MapError(this.name, "invalid", `${this.name}: ${why}`);
    }
    new DataView(value.buffer, value.byteOffset + 4, 4).setInt32(0, fd, true);
  }

  setAll(entries: Iterable<readonly [unknown, unknown]>, mode: UpdateMode | UpdateOptions = "any"): void {
    for (const [key, value] of entries) this.set(key, value, mode);
  }

  delete(key: unknown): boolean {
    this.#key.encode(key, this.raw.key, 0);
    return this.raw.delete();
  }

  deleteAll(keys: Iterable<unknown>): number {
    let count = 0;
    for (const key of keys) if (this.delete(key)) count++;
    return count;
  }

  take(key: unknown): unknown {
    this.#key.encode(key, this.raw.key, 0);
    return this.raw.take() ? this.#value.decode(this.raw.value, 0) : undefined;
  }

  takeAll(): [unknown, unknown][] {
    const taken: [unknown, unknown][] = [];
    for (const key of [...this.keys()]) {
      const value = this.take(key);
      if (value !== undefined) taken.push([key, value]);
    }
    return taken;
  }

  clear(): void {
    const raw = this.raw;
    const fixed = raw.kind.keys === "index";
    const cursor = openCursor(raw);
    while (cursor.next()) {
      raw.key.set(cursor.keys.subarray(cursor.keyOffset, cursor.keyOffset + raw.key.length));
      if (!fixed) raw.delete();
      else {
        raw.value.fill(0);
        raw.update(UPDATE_FLAGS.any);
      }
    }
  }

  entries(): IterableIterator<[unknown, unknown]> {
    return this.#walk((at) => [this.#key.decode(at.keys, at.keyOffset), this.#value.decode(at.values, at.valueOffset)]);
  }

  keys(): IterableIterator<unknown> {
    return this.#walk((at) => this.#key.decode(at.keys, at.keyOffset));
  }

  values(): IterableIterator<unknown> {
    return this.#walk((at) => this.#value.decode(at.values, at.valueOffset));
  }

  [Symbol.iterator](): IterableIterator<[unknown, unknown]> {
    return this.entries();
  }

  *#walk<Item>(decode: (at: EntryCursor) => Item): Generator<Item, undefined, undefined> {
    const cursor = openCursor(this.raw);
    while (cursor.next()) yield decode(cursor);
  }
}

/** `BPF_F_LOCK` of linux/bpf.h. */
const BPF_F_LOCK = 4;

export function flagsOf(mode: UpdateMode | UpdateOptions): number {
  if (typeof mode === "string") return UPDATE_FLAGS[mode];
  return UPDATE_FLAGS[mode.mode ?? "any"] | (mode.lock === true ? BPF_F_LOCK : 0);
}
