/**
 * BPF_MAP_TYPE_ARRAY and BPF_MAP_TYPE_PERCPU_ARRAY: keys are the u32 indexes 0 to `maxEntries` - 1, every entry exists
 * from the start and is zero, none can be deleted (kernel/bpf/arraymap.c). Threads need no lock: nothing but values changes,
 * and those are written as the kernel writes them, in place.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, EBUSY, EEXIST, EINVAL } from "./errno.ts";
import { BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST } from "./flags.ts";
import { COUNT, type MapHome, MapStore } from "./store.ts";

export class ArrayMap extends MapStore {
  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, { perCpu: spec.type === "percpu_array" });
    if (!this.attached) this.words[this.header + COUNT] = spec.maxEntries;
  }

  override find(key: number): number {
    const index = this.view.getUint32(key, true);
    return index < this.maxEntries ? index : -1;
  }

  override update(key: number, value: number, flags: number, cpu: number): number {
    const index = this.#indexFor(key, flags);
    if (index < 0) return index;
    return this.#write(this.valueAddress(index, cpu), value, flags);
  }

  override updateAll(key: number, values: number, flags: number): number {
    const index = this.#indexFor(key, flags);
    if (index < 0) return index;
    let result = 0;
    for (let cpu = 0; cpu < this.slots && result === 0; cpu++)
      result = this.#write(this.valueAddress(index, cpu), values + cpu * this.values.stride, flags);
    return result;
  }

  /** What the value written over held besides bytes is let go; not under `BPF_F_LOCK`. */
  #write(to: number, from: number, flags: number): number {
    const { fields } = this;
    if (fields !== null && (flags & BPF_F_LOCK) !== 0) return fields.copyLocked(to, from, to) ? 0 : -EBUSY;
    this.writeValue(to, from);
    if (fields !== null) fields.release(to);
    return 0;
  }

  override scan(from: number): number {
    return from < this.maxEntries ? from : -1;
  }

  override keyAddress(element: number): number {
    this.view.setUint32(this.scratchKey, element, true);
    return this.scratchKey;
  }

  override clear(): void {
    if (this.fields !== null) for (let index = 0; index < this.maxEntries; index++) this.releaseFields(index);
    this.memory.bytes.fill(0, this.values.start, this.values.end);
  }

  /** In the kernel's order: BPF_F_LOCK is known, but needs a spin lock in the value. */
  #indexFor(key: number, flags: number): number {
    if ((flags & ~BPF_F_LOCK) >>> 0 > BPF_EXIST) return -EINVAL;
    const index = this.view.getUint32(key, true);
    if (index >= this.maxEntries) return -E2BIG;
    if ((flags & BPF_NOEXIST) !== 0) return -EEXIST;
    if ((flags & BPF_F_LOCK) !== 0 && (this.fields === null || this.fields.lock < 0)) return -EINVAL;
    return index;
  }
}
