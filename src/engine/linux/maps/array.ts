/**
 * An array (`ArrayMap`). One that can be mapped (`BPF_F_MMAPABLE`, since 5.5) is read and written as memory, without a system call; maps of
 * variables are such arrays of one value.
 */

import type { Codec } from "../../../btf/codec.ts";
import type { LookupOptions, UpdateMode, UpdateOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { columnOf, columnOfValues, type NumberColumn } from "../../numbers.ts";
import type { VariableMemory } from "../../variables.ts";
import { ERRNO } from "../sys/system-error.ts";
import { LinuxMap } from "./map.ts";
import { MappedValues } from "./mapped-values.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

/** Arrays up to this size are mapped by themselves. V8 counts what it views as memory of its own, and tidies up for it. */
const MOST_MAPPED = 1 << 24;

export class LinuxArray extends LinuxMap implements VariableMemory {
  readonly #values: MappedValues;
  readonly #stride: number;
  /** Whether the memory is used without being asked for, and keys are what they look like: indexes. */
  readonly #direct: boolean;
  /** Where values are numbers; undefined before the first is read. */
  #numbers: NumberColumn | null | undefined;
  /** Somebody has the memory in hand. */
  #shown = false;

  constructor(raw: RawMap, key: Codec, value: Codec) {
    super(raw, key, value);
    this.#values = new MappedValues(raw);
    this.#stride = Math.ceil(raw.spec.valueSize / 8) * 8;
    const { possible, length } = this.#values;
    this.#direct = possible && length <= MOST_MAPPED && key.decode(Uint8Array.of(1, 2, 0, 0), 0) === 0x201;
  }

  override get(key: unknown, options?: LookupOptions): unknown {
    const memory = this.#direct && options?.lock !== true && isIndex(key, this.spec.maxEntries) ? this.#values.bytes() : null;
    if (memory === null) return super.get(key, options);
    if (this.#numbers === undefined) this.#numbers = columnOfValues(this.spec, this.value, this);
    if (this.#numbers !== null) return this.#numbers.get(key as number);
    const at = (key as number) * this.#stride;
    // Copied first: what is decoded is of one moment, as far as that goes.
    this.raw.value.set(memory.subarray(at, at + this.spec.valueSize));
    return this.value.decode(this.raw.value, 0);
  }

  override set(key: unknown, value: unknown, mode: UpdateMode | UpdateOptions = "any"): void {
    const memory = this.#direct && mode === "any" && isIndex(key, this.spec.maxEntries) ? this.#values.bytes() : null;
    if (memory === null || !this.#values.writable) {
      super.set(key, value, mode);
      return;
    }
    // Encoded first: a value that does not fit changes nothing.
    this.value.encode(value, this.raw.value, 0);
    memory.set(this.raw.value, (key as number) * this.#stride);
  }

  view(): Uint8Array {
    const memory = this.#mustBeMapped("a view");
    if (!this.#values.writable) throw this.#unsupported("a view", "it is frozen, or was made or opened for reading alone");
    this.#shown = true;
    return memory;
  }

  column(path = ""): NumberColumn {
    this.#mustBeMapped("a column");
    this.#shown ||= this.#values.writable;
    return columnOf(this.spec, this.raw.types, path, this);
  }

  get isOpen(): boolean {
    return !this.raw.descriptor.closed;
  }

  get mayWrite(): boolean {
    return this.#values.writable;
  }

  live(): Uint8Array | null {
    return this.#values.bytes();
  }

  read(offset: number, size: number): Uint8Array {
    const memory = this.#values.bytes();
    if (memory !== null) return memory.slice(offset, offset + size);
    this.#lookUp();
    return this.raw.value.slice(offset, offset + size);
  }

  /** Without a mapping the other variables are written back as they were read: what a program changes between is lost. */
  write(offset: number, bytes: Uint8Array): void {
    const memory = this.#values.bytes();
    if (memory !== null && this.#values.writable) {
      memory.set(bytes, offset);
      return;
    }
    this.#lookUp();
    this.raw.value.set(bytes, offset);
    this.raw.update(UPDATE_FLAGS.any);
  }

  override freeze(): void {
    // The kernel freezes nothing that somebody may write as memory.
    if (!this.#shown) this.#values.release();
    super.freeze();
  }

  override close(): void {
    this.#values.release();
  }

  #mustBeMapped(what: string): Uint8Array {
    if (!this.#values.possible) throw this.#unsupported(what, "it needs the creation flag BPF_F_MMAPABLE (0x400)");
    const memory = this.#values.bytes();
    if (memory !== null) return memory;
    const cause = this.#values.refusal;
    const code = cause?.errno === ERRNO.ENOMEM ? "memory" : "unsupported";
    throw new MapError(this.name, code, `${this.name}: ${what}: ${cause?.message ?? "the kernel does not map it"}`, {
      cause,
    });
  }

  #unsupported(what: string, why: string): MapError {
    return new MapError(this.name, "unsupported", `${this.name}: ${what}: ${why}`);
  }

  #lookUp(): void {
    this.raw.key.fill(0);
    if (!this.raw.lookup()) throw new MapError(this.name, "not-found", `${this.name} has no value`);
  }
}

function isIndex(key: unknown, maxEntries: number): boolean {
  return typeof key === "number" && key >= 0 && key < maxEntries && Number.isInteger(key);
}
