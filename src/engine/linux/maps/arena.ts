/**
 * Memory that programs allocate pages of (since 6.9). It is mapped when it is made: pointers of programs are addresses of this process, which
 * the kernel wants to know before it loads a program. One that somebody else made is mapped when it is first used.
 */

import type { UserValue } from "../../../object/module.ts";
import { ArenaStructs } from "../../arena-structs.ts";
import type { Arena } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { VariableMemory } from "../../variables.ts";
import type { Mapping } from "../sys/transport.ts";
import { LinuxHandle } from "./handle.ts";

/** The kernel's, on machines with pages of that size; it takes no others. */
const PAGE = 4096;

export class LinuxArena extends LinuxHandle implements Arena, VariableMemory {
  #mapping: Mapping | null = null;
  readonly #structs = new ArenaStructs(this, this.raw.types);

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

  get isOpen(): boolean {
    return !this.raw.descriptor.closed;
  }

  readonly mayWrite = true;

  live(): Uint8Array {
    return this.view();
  }

  read(offset: number, size: number): Uint8Array {
    return this.view().slice(offset, offset + size);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.view().set(bytes, offset);
  }

  getAt<Value = unknown>(address: bigint, type: string): UserValue<Value> {
    return this.#structs.getAt(address, type) as UserValue<Value>;
  }

  setAt<Value = unknown>(address: bigint, type: string, value: UserValue<Value>): void {
    this.#structs.setAt(address, type, value);
  }

  list<Value = unknown>(first: bigint, type: string, next: string): IterableIterator<UserValue<Value>> {
    return this.#structs.list(first, type, next) as IterableIterator<UserValue<Value>>;
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
