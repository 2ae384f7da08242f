/**
 * Many entries with one call: `BPF_MAP_UPDATE_BATCH` and `BPF_MAP_DELETE_BATCH` (hashes and arrays since 5.6, per-CPU arrays and tries since
 * 5.13). Where a kernel has none, or none for this kind of map, the entries go one by one.
 *
 * Both commands stop at the first entry that fails, and say how many came before it.
 */

import { MapError } from "../../errors.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { batchCapacity, UNSUPPORTED } from "./cursor.ts";
import { BPF_F_LOCK, mapError } from "./failure.ts";
import type { RawMap } from "./raw-map.ts";

type Command = "map_update_batch" | "map_delete_batch";

/** A place for entries, and what sends them. */
export class EntryBatch {
  readonly capacity: number;
  /** `capacity` keys and values, to be filled from the start. */
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly #map: RawMap;
  /** Commands that this kernel does not have for this map. */
  readonly #absent = new Set<Command>();

  constructor(map: RawMap) {
    this.#map = map;
    this.capacity = batchCapacity(map);
    this.keys = new Uint8Array(this.capacity * map.key.length);
    this.values = new Uint8Array(this.capacity * map.value.length);
  }

  /**
   * Sets the first `count` entries.
   * @param before how many of the same operation have been set already: for errors.
   * @throws MapError with the count of those that are set.
   */
  update(count: number, flags: number, before: number): void {
    const map = this.#map;
    map.mustBeOpen();
    // More flags than that the command does not know: `generic_map_update_batch` of kernel/bpf/syscall.c.
    if (count > 1 && (flags & ~BPF_F_LOCK) === 0 && this.#has("map_update_batch")) {
      const request = this.#request("map_update_batch", 0, count).u64("elem_flags", flags);
      const result = request.send();
      if (result >= 0) return;
      const done = doneOf(request.read("count"), count);
      this.#putKey(done);
      if (done > 0 || !UNSUPPORTED.has(-result)) throw mapError(map, "set", request.error(result), flags).after(before + done);
      if (result !== -ERRNO.EINVAL) this.#absent.add("map_update_batch");
    }
    for (let at = 0; at < count; at++) {
      this.#putKey(at);
      map.value.set(this.values.subarray(at * map.value.length, (at + 1) * map.value.length));
      try {
        map.update(flags);
      } catch (error) {
        throw error instanceof MapError ? error.after(before + at) : error;
      }
    }
  }

  /**
   * Deletes those of the first `count` keys that are there; how many.
   * @param before how many of the same operation have been deleted already: for errors.
   */
  delete(count: number, before: number): number {
    const map = this.#map;
    map.mustBeOpen();
    let deleted = 0;
    let from = 0;
    while (from < count && this.#has("map_delete_batch")) {
      const request = this.#request("map_delete_batch", from, count - from);
      const result = request.send();
      if (result >= 0) return deleted + count - from;
      const done = doneOf(request.read("count"), count - from);
      deleted += done;
      this.#putKey(from + done);
      if (result !== -ERRNO.ENOENT) {
        if (done > 0 || !UNSUPPORTED.has(-result)) throw mapError(map, "delete", request.error(result)).after(before + deleted);
        if (result !== -ERRNO.EINVAL) this.#absent.add("map_delete_batch");
        break;
      }
      // It stopped at one that is not there.
      from += done + 1;
    }
    for (; from < count; from++) {
      this.#putKey(from);
      try {
        if (map.delete()) deleted++;
      } catch (error) {
        throw error instanceof MapError ? error.after(before + deleted) : error;
      }
    }
    return deleted;
  }

  #has(command: Command): boolean {
    const { batch, fixed } = this.#map.kind;
    if (batch === "none" || (command === "map_delete_batch" && fixed)) return false;
    return !this.#absent.has(command);
  }

  #request<C extends Command>(command: C, from: number, count: number): Request<Command> {
    const map = this.#map;
    const request = new Request<Command>(map.kernel.transport, command)
      .u32("map_fd", map.fd)
      .u32("count", count)
      .pointer("keys", this.keys.subarray(from * map.key.length));
    return command === "map_update_batch" ? request.pointer("values", this.values) : request;
  }

  /** The key that an error is about, or the next single operation. */
  #putKey(at: number): void {
    const { key } = this.#map;
    key.set(this.keys.subarray(at * key.length, (at + 1) * key.length));
  }
}

/** Kernels that fail before they begin leave the count as it was (before 6.8). */
const doneOf = (told: number, asked: number): number => (told < asked ? told : 0);
