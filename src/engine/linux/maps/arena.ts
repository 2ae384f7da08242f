/**
 * Memory that programs allocate pages of (since 6.9). It is mapped when it is made: pointers of programs are addresses of this process, which
 * the kernel wants to know before it loads a program. One that somebody else made is mapped when it is first used.
 */

import type { UserValue } from "../../../object/module.ts";
import { ArenaStructs } from "../../arena-structs.ts";
import type { Arena } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { VariableMemory } from "../../variables.ts";
import type { Kernel } from "../kernel.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { Mapping } from "../sys/transport.ts";
import { LinuxHandle } from "./handle.ts";
import { mapInfo } from "./info.ts";

/** The kernel's, on machines with pages of that size; it takes no others. */
const PAGE = 4096;

export class LinuxArena extends LinuxHandle implements Arena, VariableMemory {
  #shared: SharedMapping | null = null;
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
    const shared = this.#shared;
    this.#shared = null;
    if (shared === null || --shared.users > 0) return;
    mappedIn(this.raw.kernel).delete(shared.id);
    shared.mapping.unmap();
  }

  #mapped(): Mapping {
    this.raw.mustBeOpen();
    if (this.#shared !== null) return this.#shared.mapping;
    const { kernel } = this.raw;
    const { id } = mapInfo(kernel, this.fd);
    const known = mappedIn(kernel).get(id);
    const shared = known ?? { id, users: 0, mapping: this.#map() };
    if (id !== 0) mappedIn(kernel).set(id, shared);
    shared.users++;
    this.#shared = shared;
    return shared.mapping;
  }

  #map(): Mapping {
    const { maxEntries, extra = 0n } = this.spec;
    const mapping = this.#tryToMap(maxEntries * PAGE, extra);
    if (extra === 0n || mapping.address === extra) return mapping;
    mapping.unmap();
    throw new MapError(
      this.name,
      "memory",
      `map ${this.name}: this process uses the address 0x${extra.toString(16)} for something else`,
    );
  }

  #tryToMap(length: number, address: bigint): Mapping {
    try {
      return this.mapMemory(length, 0, true, address);
    } catch (error) {
      if (!(error instanceof MapError) || !(error.cause instanceof SystemError)) throw error;
      const { errno } = error.cause;
      if (errno !== ERRNO.EINVAL && errno !== ERRNO.EBUSY) throw error;
      const why =
        errno === ERRNO.EBUSY
          ? "another engine of this process has mapped it"
          : "it is mapped already, at an address that the kernel does not tell: make it at one of your choice (map_extra)";
      throw new MapError(this.name, "unsupported", `map ${this.name}: as memory: ${why}`, { cause: error.cause });
    }
  }
}

/** An arena's memory. The kernel maps it once in a process, at one address in all of them. */
interface SharedMapping {
  readonly id: number;
  readonly mapping: Mapping;
  users: number;
}

/** Those of each engine, by the kernel's numbers of them: collections that go on with an arena have it together. */
const MAPPED = new WeakMap<Kernel, Map<number, SharedMapping>>();

function mappedIn(kernel: Kernel): Map<number, SharedMapping> {
  let known = MAPPED.get(kernel);
  if (known === undefined) MAPPED.set(kernel, (known = new Map()));
  return known;
}
