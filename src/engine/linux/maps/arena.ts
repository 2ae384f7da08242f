/**
 * Memory that programs allocate pages of (since 6.9). It is mapped when it is made: pointers of programs are addresses of this process, which
 * the kernel wants to know before it loads a program.
 */

import type { Arena } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Mapping } from "../sys/transport.ts";
import { LinuxHandle } from "./handle.ts";
import type { RawMap } from "./raw-map.ts";

/** The kernel's, on machines with pages of that size; it takes no others. */
const PAGE = 4096;

export class LinuxArena extends LinuxHandle implements Arena {
  readonly #mapping: Mapping;

  /** @throws MapError when there is no place for it in this process. */
  constructor(raw: RawMap) {
    super(raw);
    const { maxEntries, extra = 0n, contents } = raw.spec;
    this.#mapping = this.mapMemory(maxEntries * PAGE, 0, true, extra);
    if (extra !== 0n && this.#mapping.address !== extra) {
      this.#mapping.unmap();
      throw new MapError(
        this.name,
        "memory",
        `map ${this.name}: this process uses the address 0x${extra.toString(16)} for something else`,
      );
    }
    if (contents?.kind === "bytes") new Uint8Array(this.#mapping.memory).set(contents.bytes, contents.offset ?? 0);
  }

  /** The kernel does not say it. @throws MapError `unsupported` */
  get pages(): number {
    throw new MapError(this.name, "unsupported", `${this.name}: kernels do not say how many pages of an arena are allocated`);
  }

  get address(): bigint {
    this.raw.mustBeOpen();
    return this.#mapping.address;
  }

  /** Touching a page that no program allocated allocates it. */
  view(): Uint8Array {
    this.raw.mustBeOpen();
    return new Uint8Array(this.#mapping.memory);
  }

  override close(): void {
    this.#mapping.unmap();
  }
}
