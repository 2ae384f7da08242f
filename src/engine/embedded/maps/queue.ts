/**
 * BPF_MAP_TYPE_QUEUE and BPF_MAP_TYPE_STACK: values without keys, first in first out, or last in first out
 * (kernel/bpf/queue_stack_maps.c). A ring of `maxEntries` + 1 values, of which one is always free. Every operation takes the lock.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, EBUSY, EINVAL, ENOENT } from "./errno.ts";
import { BPF_EXIST, BPF_NOEXIST } from "./flags.ts";
import { COUNT, type MapHome, MapStore } from "./store.ts";

// Words of the header: where the next value goes, and where the oldest is.
export const HEAD = 1;
export const TAIL = 2;

export class QueueMap extends MapStore {
  readonly #lastFirst: boolean;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, { elements: spec.maxEntries + 1 });
    this.#lastFirst = spec.type === "stack";
  }

  /** With `BPF_EXIST`, a full one loses its oldest value to make room. */
  override push(value: number, flags: number): number {
    if ((flags & BPF_NOEXIST) !== 0 || flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (!this.lock()) return -EBUSY;
    const { words, header } = this;
    let result = 0;
    if (this.count >= this.maxEntries) {
      if ((flags & BPF_EXIST) === 0) result = -E2BIG;
      else {
        words[header + TAIL] = this.#after(words[header + TAIL]!);
        words[header + COUNT]!--;
      }
    }
    if (result === 0) {
      const head = words[header + HEAD]!;
      this.writeValue(this.valueAddress(head, 0), value);
      words[header + HEAD] = this.#after(head);
      words[header + COUNT]!++;
    }
    this.unlock();
    return result;
  }

  override pop(value: number): number {
    return this.#take(value, true);
  }

  override peek(value: number): number {
    return this.#take(value, false);
  }

  /** From the one that `pop` would give on. */
  override gather(position: number): number {
    this.gathered.length = 0;
    if (position >= Math.min(this.count, this.maxEntries)) return -1;
    const { words, header } = this;
    const size = this.maxEntries + 1;
    const at = this.#lastFirst ? words[header + HEAD]! - 1 - position + size : words[header + TAIL]! + position;
    this.gathered.push(at % size);
    return position + 1;
  }

  override clear(): void {
    if (!this.lock()) return;
    this.words.fill(0, this.header + COUNT, this.header + TAIL + 1);
    this.unlock();
  }

  /** An empty one gives zeroes, as the kernel's does. */
  #take(value: number, remove: boolean): number {
    if (!this.lock()) return -EBUSY;
    const { words, header } = this;
    const empty = this.count === 0;
    if (empty) this.memory.bytes.fill(0, value, value + this.valueSize);
    else {
      const newest = (words[header + HEAD]! + this.maxEntries) % (this.maxEntries + 1);
      const at = this.#lastFirst ? newest : words[header + TAIL]!;
      this.readValue(value, this.valueAddress(at, 0));
      if (remove) {
        words[header + COUNT]!--;
        if (this.#lastFirst) words[header + HEAD] = at;
        else words[header + TAIL] = this.#after(at);
      }
    }
    this.unlock();
    return empty ? -ENOENT : 0;
  }

  #after(at: number): number {
    return at === this.maxEntries ? 0 : at + 1;
  }
}
