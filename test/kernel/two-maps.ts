/**
 * One map twice: in this kernel and in the embedded engine, asked by the commands of `bpf(2)`. An answer is a number (0, or an error
 * number, negated) and the bytes that came with it.
 */

import { createMap } from "../../src/engine/embedded/maps/create.ts";
import { MapRegistry } from "../../src/engine/embedded/maps/registry.ts";
import { checkShape, isEmbeddedMapType } from "../../src/engine/embedded/maps/shape.ts";
import type { MapStore } from "../../src/engine/embedded/maps/store.ts";
import { Memory } from "../../src/engine/embedded/memory.ts";
import { Request } from "../../src/engine/linux/request.ts";
import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import type { MapSpec } from "../../src/object/spec.ts";
import { MAP_TYPE } from "../../src/uapi/map-types.ts";

export interface Answer {
  readonly result: number;
  readonly bytes?: Uint8Array;
}

/** What both sides can be asked. A null key is none; `flags` any whole number. */
export interface AskedMap {
  lookup(key: Uint8Array | null, value: Uint8Array, flags: number): Answer;
  update(key: Uint8Array | null, value: Uint8Array, flags: number): number;
  delete(key: Uint8Array | null): number;
  take(key: Uint8Array | null, flags: number): Answer;
  /** All keys, sorted; or why not. */
  keys(): readonly string[] | number;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Bytes of a value as the commands copy it: of each CPU, rounded up to 8. */
export const copied = (spec: MapSpec, cpus: number): number =>
  spec.type.includes("percpu") ? Math.ceil(spec.valueSize / 8) * 8 * cpus : spec.valueSize;

// ── the kernel's ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The descriptor, or an error number, negated. @param inner descriptor of a map for maps of maps. */
export function createInKernel(transport: Transport, spec: MapSpec, inner: number): number {
  const request = new Request(transport, "map_create")
    .u32("map_type", MAP_TYPE[spec.type])
    .u32("key_size", spec.keySize)
    .u32("value_size", spec.valueSize)
    .u32("max_entries", spec.maxEntries)
    .u32("map_flags", spec.flags)
    .u64("map_extra", Number(spec.extra ?? 0n))
    .text("map_name", "skep_test");
  if (spec.type === "array_of_maps" || spec.type === "hash_of_maps") request.u32("inner_map_fd", inner);
  return request.send();
}

export class KernelMap implements AskedMap {
  readonly #transport: Transport;
  readonly #fd: number;
  readonly #size: number;
  readonly #keySize: number;

  constructor(transport: Transport, fd: number, spec: MapSpec, cpus: number) {
    this.#transport = transport;
    this.#fd = fd;
    this.#size = copied(spec, cpus);
    this.#keySize = spec.keySize;
  }

  lookup(key: Uint8Array | null, value: Uint8Array, flags: number): Answer {
    const bytes = new Uint8Array(this.#size);
    bytes.set(value.subarray(0, this.#size));
    const request = new Request(this.#transport, "map_lookup_elem").u32("map_fd", this.#fd).u64("flags", flags);
    const result = request.pointer("key", key).pointer("value", bytes).send();
    return result < 0 ? { result } : { result, bytes };
  }

  update(key: Uint8Array | null, value: Uint8Array, flags: number): number {
    const request = new Request(this.#transport, "map_update_elem").u32("map_fd", this.#fd).u64("flags", flags);
    return request.pointer("key", key).pointer("value", value).send();
  }

  delete(key: Uint8Array | null): number {
    return new Request(this.#transport, "map_delete_elem").u32("map_fd", this.#fd).pointer("key", key).send();
  }

  take(key: Uint8Array | null, flags: number): Answer {
    const bytes = new Uint8Array(this.#size);
    const request = new Request(this.#transport, "map_lookup_and_delete_elem").u32("map_fd", this.#fd).u64("flags", flags);
    const result = request.pointer("key", key).pointer("value", bytes).send();
    return result < 0 ? { result } : { result, bytes };
  }

  keys(): readonly string[] | number {
    const found: string[] = [];
    const next = new Uint8Array(this.#keySize);
    for (let key: Uint8Array | null = null; ; key = next.slice()) {
      const request = new Request(this.#transport, "map_get_next_key").u32("map_fd", this.#fd);
      const result = request.pointer("key", key).pointer("next_key", next).send();
      if (result === -2) return found.sort();
      if (result < 0) return result;
      found.push(hex(next));
    }
  }

  close(): void {
    this.#transport.close(this.#fd);
  }
}

// ── ours ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** 0, or the error number of a refusal, negated. */
export function createHere(spec: MapSpec): number {
  const { type } = spec;
  if (!isEmbeddedMapType(type)) throw new TypeError(`no ${type} here`);
  return -(checkShape({ ...spec, type })?.errno ?? 0);
}

const [EINVAL, ENOENT, ENOTSUPP] = [22, 2, 524];
const BPF_F_LOCK = 4;

/** The commands' part of kernel/bpf/syscall.c around the operations of a map of this engine. */
export class OurMap implements AskedMap {
  readonly #map: MapStore;
  readonly #memory = new Memory({ size: 16 << 20 });
  readonly #size: number;
  readonly #valueless: boolean;
  readonly #place: number;

  constructor(spec: MapSpec, cpus: number) {
    const registry = new MapRegistry();
    this.#map = createMap(spec, { memory: this.#memory, cpus, registry, random: () => 12_345 });
    this.#size = copied(spec, cpus);
    this.#valueless = spec.keySize === 0;
    this.#place = this.#memory.allocate(this.#size + 8, "value").start;
  }

  lookup(key: Uint8Array | null, value: Uint8Array, flags: number): Answer {
    if ((flags & ~BPF_F_LOCK) !== 0 || flags > 0xffff_ffff) return { result: -EINVAL };
    if ((flags & BPF_F_LOCK) !== 0 || !this.#put(key)) return { result: -EINVAL };
    // What a perf event array holds nobody can read.
    if (this.#isRing || this.#map.type === "perf_event_array") return { result: -ENOTSUPP };
    if (this.#valueless) {
      this.#memory.bytes.set(value.subarray(0, this.#size), this.#place);
      return this.#answer(this.#map.peek(this.#place));
    }
    return this.#copyOut(this.#map.find(this.#map.scratchKey));
  }

  update(key: Uint8Array | null, value: Uint8Array, flags: number): number {
    // No value here has a spin lock.
    if ((flags & BPF_F_LOCK) !== 0 || !this.#put(key)) return -EINVAL;
    this.#memory.bytes.set(value.subarray(0, this.#size), this.#place);
    if (flags > 0xffff_ffff) return -EINVAL;
    if (this.#isRing) return -ENOTSUPP;
    if (this.#valueless) return this.#map.push(this.#place, flags);
    return this.#map.updateAll(this.#map.scratchKey, this.#place, flags);
  }

  delete(key: Uint8Array | null): number {
    return this.#put(key) ? this.#map.delete(this.#map.scratchKey) : -EINVAL;
  }

  take(key: Uint8Array | null, flags: number): Answer {
    if ((flags & ~BPF_F_LOCK) !== 0 || flags > 0xffff_ffff) return { result: -EINVAL };
    const { type } = this.#map;
    if (flags !== 0 || !this.#put(key)) return { result: -EINVAL };
    if (type === "queue" || type === "stack") return this.#answer(this.#map.pop(this.#place));
    return this.#answer(this.#map.take(this.#map.scratchKey, this.#place));
  }

  keys(): readonly string[] | number {
    const { type } = this.#map;
    if (type === "queue" || type === "stack" || type === "arena") return -EINVAL;
    if (type === "bloom_filter") return -95;
    if (this.#isRing) return -ENOTSUPP;
    const found: string[] = [];
    // Of these every index is a key, whether there is something or not.
    if (type === "prog_array" || type === "perf_event_array") {
      for (let index = 0; index < this.#map.maxEntries; index++) found.push(hex(new Uint8Array(Uint32Array.of(index).buffer)));
      return found.sort();
    }
    for (let position = this.#map.gather(0); position >= 0; position = this.#map.gather(position)) {
      for (const element of this.#map.gathered) {
        const at = this.#map.keyAddress(element);
        found.push(hex(this.#memory.bytes.subarray(at, at + this.#map.keySize)));
      }
    }
    return found.sort();
  }

  get #isRing(): boolean {
    return this.#map.type === "ringbuf" || this.#map.type === "user_ringbuf";
  }

  #put(key: Uint8Array | null): boolean {
    if (this.#valueless !== (key === null)) return false;
    if (key !== null) this.#memory.bytes.set(key.subarray(0, this.#map.keySize), this.#map.scratchKey);
    return true;
  }

  #answer(result: number): Answer {
    if (result < 0) return { result };
    return { result: 0, bytes: this.#memory.bytes.slice(this.#place, this.#place + this.#size) };
  }

  #copyOut(element: number): Answer {
    const map = this.#map;
    if (element < 0) return { result: -ENOENT };
    for (let cpu = 0; cpu < map.slots; cpu++)
      map.readValue(this.#place + cpu * map.values.stride, map.valueAddress(element, cpu));
    return this.#answer(0);
  }
}
