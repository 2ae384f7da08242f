/** Queues, stacks and bloom filters: values without keys. */

import type { Codec } from "../../../btf/codec.ts";
import type { BloomFilter, QueueMap } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { mapError } from "./failure.ts";
import { LinuxHandle } from "./handle.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

abstract class LinuxValues extends LinuxHandle {
  readonly #codec: Codec;

  constructor(raw: RawMap, codec: Codec) {
    super(raw);
    this.#codec = codec;
  }

  protected put(value: unknown, flags: number): void {
    this.#codec.encode(value, this.raw.value, 0);
    this.raw.update(flags);
  }

  protected encode(value: unknown): void {
    this.#codec.encode(value, this.raw.value, 0);
  }

  protected decode(): unknown {
    return this.#codec.decode(this.raw.value, 0);
  }
}

export class LinuxQueue extends LinuxValues implements QueueMap {
  /** The kernel does not say it. @throws MapError `unsupported` */
  get length(): number {
    throw new MapError(this.name, "unsupported", `${this.name}: kernels do not say how many values a ${this.spec.type} holds`);
  }

  push(value: unknown, { replace = false }: { readonly replace?: boolean } = {}): void {
    this.put(value, replace ? UPDATE_FLAGS.replace : UPDATE_FLAGS.any);
  }

  pop(): unknown {
    return this.raw.take() ? this.decode() : undefined;
  }

  peek(): unknown {
    return this.raw.lookup() ? this.decode() : undefined;
  }

  clear(): void {
    // At most what it can hold: somebody may push as fast as we pop.
    for (let left = this.spec.maxEntries; left > 0 && this.raw.take(); left--);
  }
}

export class LinuxBloomFilter extends LinuxValues implements BloomFilter {
  add(value: unknown): void {
    this.put(value, UPDATE_FLAGS.any);
  }

  has(value: unknown): boolean {
    this.encode(value);
    this.raw.mustBeOpen();
    const { kernel } = this.raw;
    const request = new Request(kernel.transport, "map_lookup_elem").u32("map_fd", this.fd).pointer("value", this.raw.value);
    const result = request.send();
    if (result < 0 && result !== -ERRNO.ENOENT) throw mapError(this.raw, "get", request.error(result));
    return result >= 0;
  }
}
