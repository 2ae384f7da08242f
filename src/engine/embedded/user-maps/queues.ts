/** Queues, stacks and bloom filters as user space sees them: values without keys. */

import type { Btf } from "../../../btf/btf.ts";
import type { Codec } from "../../../btf/codec.ts";
import type { BloomFilter, QueueMap } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { BPF_ANY, BPF_EXIST } from "../maps/flags.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import { UserHandle } from "./handle.ts";

abstract class UserValues extends UserHandle {
  readonly #values: Codec;

  constructor(store: MapStore, memory: Memory, types: Btf | null, values: Codec) {
    super(store, memory, types);
    this.#values = values;
  }

  /** Puts a value where the map reads it. */
  protected put({ scratchValue, valueSize }: MapStore, value: unknown): number {
    this.memory.bytes.fill(0, scratchValue, scratchValue + valueSize);
    this.#values.encode(value, this.memory.bytes, scratchValue);
    return scratchValue;
  }

  protected taken({ scratchValue }: MapStore): unknown {
    return this.#values.decode(this.memory.bytes, scratchValue);
  }
}

export class UserQueue extends UserValues implements QueueMap {
  get length(): number {
    return this.readable().count;
  }

  push(value: unknown, { replace = false }: { readonly replace?: boolean } = {}): void {
    const store = this.writable();
    const result = store.push(this.put(store, value), replace ? BPF_EXIST : BPF_ANY);
    if (result < 0) {
      const message = `${this.name}: full with ${store.maxEntries} values; pop some first, push with replace, or declare more`;
      throw new MapError(this.name, "full", message);
    }
  }

  pop(): unknown {
    const store = this.writable();
    return store.pop(store.scratchValue) < 0 ? undefined : this.taken(store);
  }

  peek(): unknown {
    const store = this.readable();
    return store.peek(store.scratchValue) < 0 ? undefined : this.taken(store);
  }

  clear(): void {
    this.writable().clear();
  }
}

export class UserBloomFilter extends UserValues implements BloomFilter {
  add(value: unknown): void {
    const store = this.writable();
    store.push(this.put(store, value), BPF_ANY);
  }

  has(value: unknown): boolean {
    const store = this.readable();
    return store.peek(this.put(store, value)) === 0;
  }
}
