/** Maps that hold other things of the kernel: programs, control groups, maps. They go in by descriptor and come out by number. */

import type { Codec } from "../../../btf/codec.ts";
import type { CgroupArray, MapHandle, MapOfMaps, ProgramArray, ProgramHandle, UpdateMode } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { openCgroup } from "../cgroups.ts";
import { objectId } from "../objects/info.ts";
import { SystemError } from "../sys/system-error.ts";
import { EntryBatch } from "./batch.ts";
import { openCursor } from "./cursor.ts";
import { LinuxHandle } from "./handle.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

export abstract class LinuxReferences<Item extends MapHandle | ProgramHandle> extends LinuxHandle {
  /** What was put in, by the kernel's number of it. */
  readonly #known = new Map<number, Item>();

  /**
   * Puts in what the Spec names to begin with.
   * @param itemOf undefined for what is not there: a program that is not loaded.
   * @throws MapError
   */
  fill(itemOf: (name: string) => Item | undefined): void {
    const { contents } = this.spec;
    if (contents === undefined || contents.kind === "bytes") return;
    for (const entry of contents.entries) {
      const what = "map" in entry ? entry.map : entry.program;
      const item = itemOf(what);
      if (item === undefined)
        throw new MapError(this.name, "invalid", `map ${this.name}: begins with ${what} at ${entry.key}, which is not loaded`);
      this.raw.key.fill(0);
      new DataView(this.raw.key.buffer).setUint32(0, entry.key, true);
      this.put(item, "a reference", "any");
    }
  }

  /** The number of what an entry holds; a map cannot be read any other way. */
  protected itemAt(value: Uint8Array, offset = 0): Item | undefined {
    return this.#known.get(numberIn(value, offset));
  }

  protected put(item: Item, expected: string, mode: UpdateMode): void {
    const fd = "fd" in item && typeof item.fd === "number" ? item.fd : -1;
    if (fd < 0)
      throw new MapError(this.name, "invalid", `${this.name}: expected ${expected} of the Linux engine, found ${item.name}`);
    this.raw.value.fill(0);
    new DataView(this.raw.value.buffer).setInt32(0, fd, true);
    this.raw.update(UPDATE_FLAGS[mode]);
    this.#known.set(objectId(this.raw.kernel, fd), item);
  }
}

const numberIn = (value: Uint8Array, offset: number): number =>
  new DataView(value.buffer, value.byteOffset + offset, 4).getUint32(0, true);

/** Puts the index where the map looks for it; what is no u32 is one beyond the end. */
function putIndex(raw: RawMap, index: number): void {
  const valid = Number.isInteger(index) && index >= 0 && index < 2 ** 32;
  new DataView(raw.key.buffer).setUint32(0, valid ? index : 0xffff_ffff, true);
}

export class LinuxProgramArray extends LinuxReferences<ProgramHandle> implements ProgramArray {
  get(index: number): ProgramHandle | undefined {
    putIndex(this.raw, index);
    return this.raw.lookup() ? this.itemAt(this.raw.value) : undefined;
  }

  set(index: number, program: ProgramHandle): void {
    putIndex(this.raw, index);
    this.put(program, "a program", "any");
  }

  delete(index: number): boolean {
    putIndex(this.raw, index);
    return this.raw.delete();
  }

  clear(): void {
    for (let index = 0; index < this.spec.maxEntries; index++) this.delete(index);
  }

  *entries(): IterableIterator<[number, ProgramHandle]> {
    for (let index = 0; index < this.spec.maxEntries; index++) {
      const program = this.get(index);
      if (program !== undefined) yield [index, program];
    }
  }
}

export class LinuxCgroupArray extends LinuxHandle implements CgroupArray {
  set(index: number, path: string): void {
    const { raw } = this;
    raw.mustBeOpen();
    const opened = openCgroup(raw.kernel, path);
    if (typeof opened === "number") {
      const message = `${this.name}: expected a control group like /web/api, found ${JSON.stringify(path)}`;
      throw new MapError(this.name, "invalid", message, { cause: new SystemError("open", -opened) });
    }
    using group = opened;
    putIndex(raw, index);
    raw.value.fill(0);
    new DataView(raw.value.buffer).setInt32(0, group.fd, true);
    raw.update(UPDATE_FLAGS.any);
  }

  delete(index: number): boolean {
    putIndex(this.raw, index);
    return this.raw.delete();
  }

  clear(): void {
    for (let index = 0; index < this.spec.maxEntries; index++) this.delete(index);
  }
}

export class LinuxMapOfMaps extends LinuxReferences<MapHandle> implements MapOfMaps {
  readonly #key: Codec;
  readonly #openMap: (id: number) => LinuxHandle;
  /** Maps that others put in, by the kernel's numbers of them. */
  readonly #opened = new Map<number, LinuxHandle>();

  constructor(raw: RawMap, key: Codec, openMap: (id: number) => LinuxHandle) {
    super(raw);
    this.#key = key;
    this.#openMap = openMap;
  }

  /** One that somebody else put in is opened by its number, which needs CAP_SYS_ADMIN; it is closed with this map. */
  get(key: unknown): MapHandle | undefined {
    this.#key.encode(key, this.raw.key, 0);
    return this.raw.lookup() ? this.itemAt(this.raw.value) : undefined;
  }

  protected override itemAt(value: Uint8Array, offset = 0): MapHandle | undefined {
    return super.itemAt(value, offset) ?? this.#foreign(numberIn(value, offset));
  }

  /** Undefined: it has been taken out and is gone since it was read. */
  #foreign(id: number): MapHandle | undefined {
    const known = this.#opened.get(id);
    if (known !== undefined && known.fd >= 0) return known;
    try {
      const map = this.#openMap(id);
      this.#opened.set(id, map);
      return map;
    } catch (error) {
      if (error instanceof MapError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  override close(): void {
    for (const map of this.#opened.values()) map[Symbol.dispose]();
    this.#opened.clear();
  }

  set(key: unknown, map: MapHandle, mode: UpdateMode = "any"): void {
    this.#key.encode(key, this.raw.key, 0);
    this.put(map, "a map", mode);
  }

  delete(key: unknown): boolean {
    this.#key.encode(key, this.raw.key, 0);
    return this.raw.delete();
  }

  /** With one call where the kernel can: after each it waits until no program uses what was there. */
  clear(): void {
    const { raw } = this;
    const batch = new EntryBatch(raw);
    let count = 0;
    for (const cursor = openCursor(raw); cursor.next(); ) {
      batch.keys.set(cursor.keys.subarray(cursor.keyOffset, cursor.keyOffset + raw.key.length), count * raw.key.length);
      if (++count < batch.capacity) continue;
      batch.delete(count, 0);
      count = 0;
    }
    batch.delete(count, 0);
  }

  *entries(): IterableIterator<[unknown, MapHandle]> {
    for (const [key, map] of this.#walk()) if (map !== undefined) yield [key, map];
  }

  *#walk(): Generator<[unknown, MapHandle | undefined]> {
    for (const cursor = openCursor(this.raw); cursor.next(); )
      yield [this.#key.decode(cursor.keys, cursor.keyOffset), this.itemAt(cursor.values, cursor.valueOffset)];
  }
}
