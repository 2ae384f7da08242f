/** A map of the kernel, shaped like JavaScript's own. */

import type { Codec } from "../../../btf/codec.ts";
import type { BpfMap, LookupOptions, ProgramHandle, UpdateMode, UpdateOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { type PlacedCodec, placedCodec } from "../../numbers.ts";
import { EntryBatch } from "./batch.ts";
import { type EntryCursor, openCursor, openTaking } from "./cursor.ts";
import { BPF_F_LOCK } from "./failure.ts";
import { LinuxHandle } from "./handle.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

const NO_OPTIONS: LookupOptions = {};

/**
 * One class for every kind: what differs is the value's codec (per-CPU kinds have an element for each CPU) and what the kernel
 * permits. An operation costs one system call; walking over hashes and arrays takes one for some thousand entries.
 */
export class LinuxMap extends LinuxHandle implements BpfMap {
  readonly #key: Codec;
  /** Of values; in a per-CPU map, of those of all CPUs. */
  protected readonly value: Codec;
  /** The same two for `raw.key` and `raw.value`. */
  readonly #placedKey: PlacedCodec;
  readonly #placedValue: PlacedCodec;
  /** Made when many entries are first set or deleted at once. */
  #batch: EntryBatch | null = null;

  constructor(raw: RawMap, key: Codec, value: Codec) {
    super(raw);
    this.#key = key;
    this.value = value;
    this.#placedKey = placedCodec(key, raw.key);
    this.#placedValue = placedCodec(value, raw.value);
  }

  get(key: unknown, { lock = false }: LookupOptions = NO_OPTIONS): unknown {
    this.#placedKey.write(key);
    return this.raw.lookup(lock ? BPF_F_LOCK : 0) ? this.#placedValue.read() : undefined;
  }

  has(key: unknown): boolean {
    this.#placedKey.write(key);
    return this.raw.lookup();
  }

  set(key: unknown, value: unknown, mode: UpdateMode | UpdateOptions = "any"): void {
    this.#placedKey.write(key);
    this.#placedValue.write(value);
    if (typeof mode !== "string" && mode.program !== undefined) this.#putProgram(mode.program, this.raw.value, 0);
    this.raw.update(flagsOf(mode));
  }

  /** `bpf_prog.fd` of `struct bpf_devmap_val` and `struct bpf_cpumap_val`. */
  #putProgram(program: ProgramHandle, values: Uint8Array, offset: number): void {
    const hasPlace = /^(devmap|devmap_hash|cpumap)$/.test(this.spec.type) && this.spec.valueSize === 8;
    const fd = "fd" in program && typeof program.fd === "number" ? program.fd : -1;
    if (!hasPlace || fd < 0) {
      const why = hasPlace
        ? `expected a loaded program of the Linux engine, found ${program.name}`
        : "its entries have no program";
      throw new MapError(this.name, "invalid", `${this.name}: ${why}`);
    }
    new DataView(values.buffer, values.byteOffset + offset + 4, 4).setInt32(0, fd, true);
  }

  setAll(entries: Iterable<readonly [unknown, unknown]>, mode: UpdateMode | UpdateOptions = "any"): void {
    const program = typeof mode === "string" ? undefined : mode.program;
    const flags = flagsOf(mode);
    const batch = this.#entryBatch();
    let before = 0;
    let count = 0;
    const send = (): void => {
      const filled = count;
      count = 0;
      batch.update(filled, flags, before);
      before += filled;
    };
    try {
      for (const [key, value] of entries) {
        if (count === batch.capacity) send();
        this.#key.encode(key, batch.keys, count * this.raw.key.length);
        const at = count * this.raw.value.length;
        this.value.encode(value, batch.values, at);
        if (program !== undefined) this.#putProgram(program, batch.values, at);
        count++;
      }
    } finally {
      // What came before an entry that does not fit its type is set.
      if (count > 0) send();
    }
  }

  delete(key: unknown): boolean {
    this.#placedKey.write(key);
    return this.raw.delete();
  }

  deleteAll(keys: Iterable<unknown>): number {
    const batch = this.#entryBatch();
    let deleted = 0;
    let count = 0;
    const send = (): void => {
      const filled = count;
      count = 0;
      deleted += batch.delete(filled, deleted);
    };
    try {
      for (const key of keys) {
        if (count === batch.capacity) send();
        this.#key.encode(key, batch.keys, count * this.raw.key.length);
        count++;
      }
    } finally {
      if (count > 0) send();
    }
    return deleted;
  }

  take(key: unknown): unknown {
    this.#placedKey.write(key);
    return this.raw.take() ? this.#placedValue.read() : undefined;
  }

  takeAll(): [unknown, unknown][] {
    const taken: [unknown, unknown][] = [];
    const cursor = openTaking(this.raw);
    if (cursor !== null) {
      while (cursor.next()) taken.push(this.#entryAt(cursor));
      return taken;
    }
    // So that an empty map says, too, that nothing can be taken out of it.
    this.raw.key.fill(0);
    if (this.raw.take()) taken.push([this.#key.decode(this.raw.key, 0), this.#placedValue.read()]);
    for (const key of [...this.keys()]) {
      const value = this.take(key);
      if (value !== undefined) taken.push([key, value]);
    }
    return taken;
  }

  clear(): void {
    const { raw } = this;
    if (raw.kind.fixed) this.#zero();
    else if (raw.kind.keys === "index") {
      const index = new DataView(raw.key.buffer, raw.key.byteOffset);
      for (let at = 0; at < this.spec.maxEntries; at++) {
        index.setUint32(0, at, true);
        raw.delete();
      }
    } else {
      const cursor = openTaking(raw);
      if (cursor !== null) while (cursor.next());
      else {
        const batch = this.#entryBatch();
        let count = 0;
        for (const entry = openCursor(raw); entry.next(); ) {
          batch.keys.set(entry.keys.subarray(entry.keyOffset, entry.keyOffset + raw.key.length), count * raw.key.length);
          if (++count < batch.capacity) continue;
          batch.delete(count, 0);
          count = 0;
        }
        batch.delete(count, 0);
      }
    }
  }

  /** Of kinds whose entries are always there. */
  #zero(): void {
    const { raw } = this;
    const batch = this.#entryBatch();
    batch.values.fill(0);
    let count = 0;
    const put = (key: Uint8Array): void => {
      batch.keys.set(key, count * raw.key.length);
      if (++count < batch.capacity) return;
      batch.update(count, UPDATE_FLAGS.any, 0);
      count = 0;
    };
    if (raw.kind.keys === "index") {
      const index = new Uint32Array(1);
      const key = new Uint8Array(index.buffer);
      for (let at = 0; at < this.spec.maxEntries; at++) {
        index[0] = at;
        put(key);
      }
    } else {
      for (const entry = openCursor(raw); entry.next(); )
        put(entry.keys.subarray(entry.keyOffset, entry.keyOffset + raw.key.length));
    }
    batch.update(count, UPDATE_FLAGS.any, 0);
  }

  entries(): IterableIterator<[unknown, unknown]> {
    return this.#walk((at) => this.#entryAt(at));
  }

  keys(): IterableIterator<unknown> {
    return this.#walk((at) => this.#key.decode(at.keys, at.keyOffset));
  }

  values(): IterableIterator<unknown> {
    return this.#walk((at) => this.value.decode(at.values, at.valueOffset));
  }

  [Symbol.iterator](): IterableIterator<[unknown, unknown]> {
    return this.entries();
  }

  #entryAt(at: EntryCursor): [unknown, unknown] {
    return [this.#key.decode(at.keys, at.keyOffset), this.value.decode(at.values, at.valueOffset)];
  }

  #entryBatch(): EntryBatch {
    this.raw.mustBeOpen();
    this.#batch ??= new EntryBatch(this.raw);
    return this.#batch;
  }

  *#walk<Item>(decode: (at: EntryCursor) => Item): Generator<Item, undefined, undefined> {
    const cursor = openCursor(this.raw);
    while (cursor.next()) yield decode(cursor);
  }
}

export function flagsOf(mode: UpdateMode | UpdateOptions): number {
  if (typeof mode === "string") return UPDATE_FLAGS[mode];
  return UPDATE_FLAGS[mode.mode ?? "any"] | (mode.lock === true ? BPF_F_LOCK : 0);
}
