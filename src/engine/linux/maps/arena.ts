/**
 * Memory that programs allocate pages of (since 6.9). It is mapped when it is made: pointers of programs are addresses of this process, which
 * the kernel wants to know before it loads a program. One that somebody else made is mapped when it is first used.
 */

import type { Arena } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Mapping } from "../sys/transport.ts";
import { LinuxHandle } from "./handle.ts";

/** The kernel's, on machines with pages of that size; it takes no others. */
const PAGE = 4096;

export class LinuxArena extends LinuxHandle implements Arena {
  #mapping: Mapping | null = null;

  /**
   * Maps it for a collection; a fresh one begins with what its Spec says.
   * @throws MapError when there is no place for it in this process.
   */
  begin(fresh: boolean): void {
    const { contents } = this.spec;
    const { memory } = this.#mapped();
    if (fresh && contents?.kind === "bytes") new Uint8Array(memory).set(contents.bytes, contents.offset ?? 0);
  }

  /** The kernel does not say it. @throws MapError `unsupported` */
  get pages(): number {
    throw new MapError(this.name, "unsupported", `${this.name}: kernels do not say how many pages of an arena are allocated`);
  }

  get address(): bigint {
    return this.#mapped().address;
  }

  /** Touching a page that no program allocated allocates it. */
  view(): Uint8Array {
    return new Uint8Array(this.#mapped().memory);
  }

  override close(): void {
    this.#mapping?.unmap();
    this.#mapping = null;
  }

  #mapped(): Mapping {
    this.raw.mustBeOpen();
    if (this.#mapping !== null) return this.#mapping;
    const { maxEntries, extra = 0n } = this.spec;
    const mapping = this.mapMemory(maxEntries * PAGE, 0, true, extra);
    if (extra !== 0n && mapping.address !== extra) {
      mapping.unmap();
      throw new MapError(
        this.name,
        "memory",
        `map ${this.name}: this process uses the address 0x${extra.toString(16)} for something else`,
      );
    }
    this.#mapping = mapping;
    return mapping;
  }
}
