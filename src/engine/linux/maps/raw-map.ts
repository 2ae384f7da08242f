/**
 * A map's operations on bytes. Each has its own request, made once; key and value go through two buffers that belong to the
 * map, so an operation is: write the key, send, read the value.
 */

import type { Btf } from "../../../btf/btf.ts";
import type { MapSpec } from "../../../object/spec.ts";
import { MapError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { mapError } from "./failure.ts";
import { MAP_KINDS, type MapKind } from "./kinds.ts";

/** Of `bpf_attr.flags`: `BPF_ANY`, `BPF_NOEXIST`, `BPF_EXIST`. */
export const UPDATE_FLAGS = { any: 0, create: 1, replace: 2 } as const;

export class RawMap {
  readonly spec: MapSpec;
  readonly kind: MapKind;
  readonly kernel: Kernel;
  /** What describes its keys and values. */
  readonly types: Btf | null;
  /** The key of the next operation: `spec.keySize` bytes. */
  readonly key: Uint8Array;
  /** The value of the next update or the last lookup. Per-CPU kinds: one after the other, each rounded up to 8 bytes. */
  readonly value: Uint8Array;
  readonly descriptor: Descriptor;
  readonly #lookup: Request<"map_lookup_elem">;
  readonly #update: Request<"map_update_elem">;
  readonly #delete: Request<"map_delete_elem">;
  /** Made when it is first used. */
  #take: Request<"map_lookup_and_delete_elem"> | null = null;
  #lookupFlags = 0;
  /** What `#update` carries. */
  #flags: number = UPDATE_FLAGS.any;

  constructor(kernel: Kernel, spec: MapSpec, descriptor: Descriptor, types: Btf | null = null) {
    this.kernel = kernel;
    this.spec = spec;
    this.types = types;
    this.kind = MAP_KINDS[spec.type];
    this.descriptor = descriptor;
    this.key = new Uint8Array(spec.keySize);
    this.value = new Uint8Array(this.kind.perCpu ? perCpuStride(spec.valueSize) * kernel.cpus : spec.valueSize);
    const fd = descriptor.fd;
    const { transport } = kernel;
    this.#lookup = new Request(transport, "map_lookup_elem")
      .u32("map_fd", fd)
      .pointer("key", this.key)
      .pointer("value", this.value);
    this.#update = new Request(transport, "map_update_elem")
      .u32("map_fd", fd)
      .pointer("key", this.key)
      .pointer("value", this.value);
    this.#delete = new Request(transport, "map_delete_elem").u32("map_fd", fd).pointer("key", this.key);
  }

  /** The map's descriptor, or -1 once it was closed. */
  get fd(): number {
    return this.descriptor.fd;
  }

  /**
   * Comes before every operation: requests carry the descriptor's number, which may be another file's by now.
   * @throws MapError `closed`
   */
  mustBeOpen(): void {
    if (this.descriptor.closed) throw new MapError(this.spec.name, "closed", `map ${this.spec.name} was closed`);
  }

  /** Fills `value`; false when there is no such key. @param flags `BPF_F_LOCK` or 0 (since 5.1). Hot. */
  lookup(flags = 0): boolean {
    this.mustBeOpen();
    if (flags !== this.#lookupFlags) this.#lookup.u64("flags", (this.#lookupFlags = flags));
    const result = this.#lookup.send();
    if (result >= 0) return true;
    if (result === -ERRNO.ENOENT) return false;
    throw mapError(this, "get", this.#lookup.error(result), flags);
  }

  /** Hot. */
  update(flags: number): void {
    this.mustBeOpen();
    if (flags !== this.#flags) this.#update.u64("flags", (this.#flags = flags));
    const result = this.#update.send();
    if (result < 0) throw mapError(this, "set", this.#update.error(result), flags);
  }

  /** False when there was no such key. Hot. */
  delete(): boolean {
    this.mustBeOpen();
    if (this.kind.missing === "nothing" && this.#lookup.send() === -ERRNO.ENOENT) return false;
    const result = this.#delete.send();
    if (result >= 0) return true;
    if (result === -ERRNO.ENOENT || this.#saysMissing(-result)) return false;
    throw mapError(this, "delete", this.#delete.error(result));
  }

  #saysMissing(errno: number): boolean {
    switch (this.kind.missing) {
      case "E2BIG":
        return errno === ERRNO.E2BIG;
      case "EINVAL":
      case "nothing":
        return errno === ERRNO.EINVAL;
      default:
        return false;
    }
  }

  /** Fills `value` and removes the key in one step; false when there was no such key. Hashes since 5.14. */
  take(): boolean {
    this.mustBeOpen();
    const { transport } = this.kernel;
    this.#take ??= new Request(transport, "map_lookup_and_delete_elem")
      .u32("map_fd", this.fd)
      .pointer("key", this.key)
      .pointer("value", this.value);
    const result = this.#take.send();
    if (result >= 0) return true;
    if (result === -ERRNO.ENOENT) return false;
    throw mapError(this, "take", this.#take.error(result));
  }

  /** Makes it read-only for user space from now on, for good (since 5.2). Programs still write, unless `BPF_F_RDONLY_PROG` says no. */
  freeze(): void {
    this.mustBeOpen();
    const request = new Request(this.kernel.transport, "map_freeze").u32("map_fd", this.fd);
    const result = request.send();
    if (result < 0) throw mapError(this, "freeze", request.error(result));
  }
}

/** Bytes from one CPU's value to the next: the kernel rounds each up to 8. */
export function perCpuStride(valueSize: number): number {
  return Math.ceil(valueSize / 8) * 8;
}
