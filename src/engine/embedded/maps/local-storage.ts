/**
 * BPF_MAP_TYPE_SK_STORAGE, TASK_STORAGE, INODE_STORAGE and CGRP_STORAGE: a value for each object, which programs ask for by the object's
 * address and which goes with it (kernel/bpf/bpf_local_storage.c).
 *
 * The kernel takes memory for each value when it is made; here there is room for so many objects, said when the map is made.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { BPF_ANY, BPF_NOEXIST } from "./flags.ts";
import { HashMap } from "./hash.ts";
import type { MapHome } from "./store.ts";

/** Objects that a local storage has room for, where nobody says. */
const DEFAULT_OBJECTS = 1024;

/** Of `bpf_sk_storage_get` and its like: makes a value where there is none (BPF_LOCAL_STORAGE_GET_F_CREATE). */
const BPF_LOCAL_STORAGE_GET_F_CREATE = 1;

/** Bytes between the places where CPUs put their keys. */
const LINE = 64;

export class LocalStorageMap extends HashMap {
  /** Where each CPU has its key and a value of zeroes. */
  readonly #keys: number;
  readonly #zeroes: number;

  constructor(spec: MapSpec, home: MapHome, objects: number = DEFAULT_OBJECTS) {
    // Of one that another thread made, its values tell.
    const values = home.place?.regions[1];
    const entries = values === undefined ? objects : values.size / (Math.ceil(spec.valueSize / 8) * 8);
    super({ ...spec, maxEntries: entries }, home, { inPlace: true, declared: spec });
    this.#keys = this.allocate("keys", LINE * home.cpus).start;
    this.#zeroes = this.allocate("zeroes", spec.valueSize).start;
  }

  /**
   * The address of an object's value, or 0 when it has none: and, with the flag to make one, when there is no room for another.
   * @param initial address of what a new value begins with, or 0: zeroes.
   */
  storageOf(object: number, initial: number, flags: number, cpu: number): number {
    if ((flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE) !== 0) return 0;
    const key = this.#key(object, cpu);
    const found = this.find(key);
    if (found >= 0) return this.valueAddress(found, 0);
    if (flags === 0) return 0;
    this.update(key, initial === 0 ? this.#zeroes : initial, BPF_NOEXIST, cpu);
    return this.lookup(key, cpu);
  }

  /** Takes an object's value: what `bpf_sk_storage_delete` does, and what happens when the object goes. 0, or `-ENOENT`. */
  drop(object: number, cpu: number): number {
    return this.delete(this.#key(object, cpu));
  }

  /** Sets an object's value from the bytes at `value`. */
  put(object: number, value: number, cpu: number): number {
    return this.update(this.#key(object, cpu), value, BPF_ANY, cpu);
  }

  #key(object: number, cpu: number): number {
    const at = this.#keys + cpu * LINE;
    this.view.setUint32(at, object, true);
    return at;
  }
}
