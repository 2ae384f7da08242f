/**
 * Fields of map values that are more than bytes: locks, timers, work queues, pointers to objects, heads of lists and roots of trees
 * (`btf_parse_fields` in kernel/bpf/btf.c). They are found once, in the BTF of the value's type. Copies into a value and out of it leave
 * them out; when an entry goes away, what they hold is let go.
 */

import type { Btf } from "../../../btf/btf.ts";
import { sizeOf } from "../../../btf/size.ts";
import type { Memory } from "../memory.ts";

export type FieldKind =
  | "spin_lock"
  | "res_spin_lock"
  | "timer"
  | "wq"
  | "kptr"
  | "list_head"
  | "rb_root"
  | "refcount"
  | "list_node"
  | "rb_node";

/** Offset and size in bytes. */
export interface SpecialField {
  readonly kind: FieldKind;
  readonly offset: number;
  readonly size: number;
}

const STRUCTS: Readonly<Record<string, FieldKind>> = {
  bpf_spin_lock: "spin_lock",
  bpf_res_spin_lock: "res_spin_lock",
  bpf_timer: "timer",
  bpf_wq: "wq",
  bpf_list_head: "list_head",
  bpf_rb_root: "rb_root",
  bpf_refcount: "refcount",
  bpf_list_node: "list_node",
  bpf_rb_node: "rb_node",
};

const POINTER_TAGS: ReadonlySet<string> = new Set(["kptr", "kptr_untrusted", "percpu_kptr"]);

/** A value may hold at most so many (BTF_FIELDS_MAX), and structures nest at most so deep. */
const MOST_FIELDS = 11;
const DEEPEST = 8;

/** The special fields of a value, in ascending order. @param type its BTF id; 0: not known. */
export function specialFields(types: Btf | null, type: number): readonly SpecialField[] {
  if (types === null || type === 0) return [];
  const fields: SpecialField[] = [];
  collect(types, type, 0, DEEPEST, fields);
  return fields.sort((a, b) => a.offset - b.offset);
}

function collect(types: Btf, id: number, offset: number, depth: number, into: SpecialField[]): void {
  if (depth === 0 || into.length >= MOST_FIELDS) return;
  const type = types.type(id);
  switch (type.kind) {
    case "struct":
    case "union": {
      const kind = STRUCTS[type.name];
      if (kind !== undefined) {
        into.push({ kind, offset, size: type.size });
        return;
      }
      for (const member of type.members) collect(types, member.type, offset + member.bitOffset / 8, depth - 1, into);
      return;
    }
    case "section":
      for (const variable of type.variables) collect(types, variable.type, offset + variable.offset, depth - 1, into);
      return;
    case "array": {
      const size = sizeOf(types, type.element);
      const before = into.length;
      for (let index = 0; index < type.length && into.length < MOST_FIELDS; index++) {
        collect(types, type.element, offset + index * size, depth - 1, into);
        if (into.length === before) return;
      }
      return;
    }
    case "pointer":
      if (isTagged(types, type.type)) into.push({ kind: "kptr", offset, size: 8 });
      return;
    case "variable":
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "typeTag":
      collect(types, type.type, offset, depth - 1, into);
      return;
    default:
  }
}

function isTagged(types: Btf, id: number): boolean {
  const type = types.type(id);
  return type.kind === "typeTag" && (POINTER_TAGS.has(type.name) || isTagged(types, type.type));
}

/** Lets go what a field holds; zeroes it afterwards itself. */
export type Release = (field: SpecialField, address: number) => void;

/** The special fields of one map's values. */
export class ValueFields {
  readonly fields: readonly SpecialField[];
  /** Where the lock is in a value; -1 when there is none. */
  readonly lock: number;
  readonly #memory: Memory;
  /** What is copied: pairs of from and to. */
  readonly #plain: number[] = [];
  readonly #release: Release;

  constructor(fields: readonly SpecialField[], valueSize: number, memory: Memory, release: Release) {
    this.fields = fields;
    this.lock = fields.find(({ kind }) => kind === "spin_lock")?.offset ?? -1;
    this.#memory = memory;
    this.#release = release;
    let at = 0;
    for (const { offset, size } of fields) {
      if (offset > at) this.#plain.push(at, offset);
      at = offset + size;
    }
    if (at < valueSize) this.#plain.push(at, valueSize);
  }

  /** Copies all but the special fields. */
  copy(to: number, from: number): void {
    const { bytes } = this.#memory;
    for (let at = 0; at < this.#plain.length; at += 2) {
      bytes.copyWithin(to + this.#plain[at]!, from + this.#plain[at]!, from + this.#plain[at + 1]!);
    }
  }

  /** Copies while holding the value's lock (`BPF_F_LOCK`). @param value which of the two it is that has the lock. @returns false when it is not to be had. */
  copyLocked(to: number, from: number, value: number): boolean {
    if (!acquireLock(this.#memory, value + this.lock)) return false;
    this.copy(to, from);
    releaseLock(this.#memory, value + this.lock);
    return true;
  }

  /** The value goes away, or is written over: its special fields are as in a new one. */
  release(value: number): void {
    for (const field of this.fields) {
      const at = value + field.offset;
      if (!field.kind.endsWith("spin_lock")) this.#release(field, at);
      this.#memory.bytes.fill(0, at, at + field.size);
    }
  }

  /** The field of this kind that is at an offset in a value. */
  at(kind: FieldKind, offset: number): SpecialField | null {
    return this.fields.find((field) => field.kind === kind && field.offset === offset) ?? null;
  }
}

/** How often a thread looks at a lock: about a second. A program that was stopped, or wrote over it, never gives it back. */
const PATIENCE = 1 << 27;

/** Waits until nobody else holds it; false when that takes too long. @param owner what the lock's word says from then on. */
export function acquireLock({ words, shared }: Memory, address: number, owner = 1): boolean {
  const word = address >>> 2;
  if (!shared) {
    words[word] = owner;
    return true;
  }
  for (let left = PATIENCE; left > 0; left--) if (Atomics.compareExchange(words, word, 0, owner) === 0) return true;
  return false;
}

export function releaseLock({ words, shared }: Memory, address: number): void {
  if (shared) Atomics.store(words, address >>> 2, 0);
  else words[address >>> 2] = 0;
}
