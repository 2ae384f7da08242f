/** The bytes of a map of variables: mapped into this process where the kernel allows it, else read and written as one value. */

import { MapError } from "../../errors.ts";
import type { VariableMemory } from "../../variables.ts";
import type { Mapping } from "../sys/transport.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

/** `BPF_F_MMAPABLE` of linux/bpf.h. Since Linux 5.5. */
const BPF_F_MMAPABLE = 1 << 10;

/** Mapped when it is first used. */
export class Section implements VariableMemory {
  readonly #map: RawMap;
  /** Null before the first use; false where the kernel does not map it. */
  #mapping: Mapping | false | null = null;
  #closed = false;

  constructor(map: RawMap) {
    this.#map = map;
  }

  read(offset: number, size: number): Uint8Array {
    const mapped = this.#mapped();
    if (mapped !== null) return mapped.slice(offset, offset + size);
    this.#lookUp();
    return this.#map.value.slice(offset, offset + size);
  }

  /** Without a mapping the other variables are written back as they were read: what a program changes between is lost. */
  write(offset: number, bytes: Uint8Array): void {
    const mapped = this.#mapped();
    if (mapped !== null) {
      mapped.set(bytes, offset);
      return;
    }
    this.#lookUp();
    this.#map.value.set(bytes, offset);
    this.#map.update(UPDATE_FLAGS.any);
  }

  close(): void {
    this.#closed = true;
    if (this.#mapping) this.#mapping.unmap();
    this.#mapping = false;
  }

  #lookUp(): void {
    this.#map.key.fill(0);
    if (!this.#map.lookup()) throw new MapError(this.#map.spec.name, "not-found", `${this.#map.spec.name} has no value`);
  }

  #mapped(): Uint8Array | null {
    const { spec, kernel, fd } = this.#map;
    if (this.#closed) throw new MapError(spec.name, "closed", `map ${spec.name} was closed`);
    this.#map.mustBeOpen();
    if (this.#mapping === null) {
      const { transport } = kernel;
      const length = Math.ceil(spec.valueSize / transport.pageSize) * transport.pageSize;
      const answer = (spec.flags & BPF_F_MMAPABLE) === 0 ? 0 : transport.map(fd, length, 0, spec.frozen !== true);
      this.#mapping = typeof answer === "number" ? false : answer;
    }
    return this.#mapping === false ? null : new Uint8Array(this.#mapping.memory);
  }
}
