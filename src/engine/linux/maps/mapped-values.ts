/** The values of an array as memory of this process, where the kernel allows it (`BPF_F_MMAPABLE`, since 5.5). Mapped when they are first used. */

import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { Mapping } from "../sys/transport.ts";
import type { RawMap } from "./raw-map.ts";

/** Of linux/bpf.h. */
const BPF_F_MMAPABLE = 1 << 10;

export class MappedValues {
  readonly #map: RawMap;
  #mapping: Mapping | null = null;
  #bytes: Uint8Array | null = null;
  #writable = false;
  #refusal: SystemError | null = null;

  constructor(map: RawMap) {
    this.#map = map;
  }

  /** Whether the map was made so that it can be mapped. */
  get possible(): boolean {
    return (this.#map.spec.flags & BPF_F_MMAPABLE) !== 0;
  }

  /** Bytes of all values, each rounded up to 8. */
  get length(): number {
    const { valueSize, maxEntries } = this.#map.spec;
    return Math.ceil(valueSize / 8) * 8 * maxEntries;
  }

  /** False: writing to `bytes()` would kill the process. */
  get writable(): boolean {
    return this.#writable;
  }

  /** Why there are none, once they were asked for. */
  get refusal(): SystemError | null {
    return this.#refusal;
  }

  /** Those of all values; null where the kernel does not map them. Hot once they are there. @throws MapError `closed` */
  bytes(): Uint8Array | null {
    this.#map.mustBeOpen();
    return this.#bytes ?? this.#mapped();
  }

  /** Everything that was made of it is empty from then on; it is mapped again when it is used again. */
  release(): void {
    this.#mapping?.unmap();
    this.#mapping = null;
    this.#bytes = null;
    this.#refusal = null;
  }

  #mapped(): Uint8Array | null {
    if (!this.possible || this.#refusal !== null) return null;
    const { kernel, fd, spec } = this.#map;
    const { transport } = kernel;
    const length = Math.ceil(this.length / transport.pageSize) * transport.pageSize;
    this.#writable = spec.frozen !== true;
    let answer = transport.map(fd, length, 0, this.#writable);
    if (this.#writable && (answer === -ERRNO.EPERM || answer === -ERRNO.EACCES)) {
      // Frozen, or opened for reading alone.
      this.#writable = false;
      answer = transport.map(fd, length, 0, false);
    }
    if (typeof answer === "number") {
      this.#refusal = new SystemError("mmap", -answer);
      return null;
    }
    this.#mapping = answer;
    this.#bytes = new Uint8Array(answer.memory, 0, this.length);
    return this.#bytes;
  }
}
