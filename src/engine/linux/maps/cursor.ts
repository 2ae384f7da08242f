/**
 * Walking over a map's entries, in one of two ways.
 *
 * `BatchCursor` asks for many entries at once (`BPF_MAP_LOOKUP_BATCH`: hashes and arrays since 5.6, per-CPU arrays and tries since 5.13): a
 * quarter of the time. It walks a hash bucket by bucket, so that no deletion by anybody makes it start again.
 * `KeyCursor` goes from key to key. It fetches the next key *before* it shows an entry: deleting that one is safe.
 *
 * Where the kernel steps from key to key, a walk whose last key somebody else deleted starts over from the beginning. Keys that have been
 * seen are left out then (`SeenKeys`), so each entry is shown once all the same.
 */

import { MapError } from "../../errors.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { mapError } from "./failure.ts";
import type { RawMap } from "./raw-map.ts";
import { SeenKeys } from "./seen-keys.ts";

/** Stands on one entry at a time; its bytes are good until the next `next()`. */
export interface EntryCursor {
  /** False at the end. */
  next(): boolean;
  readonly keys: Uint8Array;
  readonly keyOffset: number;
  readonly values: Uint8Array;
  readonly valueOffset: number;
}

/** What kernels say that have no batches, or none for this kind of map. */
export const UNSUPPORTED: ReadonlySet<number> = new Set([ERRNO.EINVAL, ERRNO.ENOTSUPP, ERRNO.EOPNOTSUPP]);

/** Bytes of entries asked for at once; the kernel copies into them while it holds nothing but a bucket's lock. */
const BATCH_BYTES = 1 << 16;

/** How often a batch is asked for again that was interrupted and brought nothing. */
const MOST_RETRIES = 64;

/** How many entries fit into a batch: at least a few, because a bucket must fit whole; never more than there can be. */
export function batchCapacity(map: RawMap): number {
  const fit = Math.floor(BATCH_BYTES / (map.key.length + map.value.length));
  return Math.min(Math.max(16, fit), Math.max(map.spec.maxEntries, 16));
}

export function openCursor(map: RawMap): EntryCursor {
  map.mustBeOpen();
  return (map.kind.batch === "none" ? null : BatchCursor.open(map, "map_lookup_batch")) ?? new KeyCursor(map);
}

/** Takes the entries out that it shows (hashes alone). Null when this kernel cannot do it for this kind of map. */
export function openTaking(map: RawMap): EntryCursor | null {
  map.mustBeOpen();
  return map.kind.batch === "buckets" ? BatchCursor.open(map, "map_lookup_and_delete_batch") : null;
}

export class BatchCursor implements EntryCursor {
  readonly #map: RawMap;
  readonly #request: Request<"map_lookup_batch" | "map_lookup_and_delete_batch">;
  /** Opaque to us: a bucket's number (hashes), the last key (others). Two of them: the kernel reads one and writes the other. */
  #position: Uint8Array;
  #nextPosition: Uint8Array;
  #capacity: number;
  #count = 0;
  #at = -1;
  #ended = false;
  /** Where a deletion may start the walk over, and not all came at once. */
  #seen: SeenKeys | null = null;
  keys: Uint8Array;
  values: Uint8Array;

  private constructor(map: RawMap, command: "map_lookup_batch" | "map_lookup_and_delete_batch") {
    this.#map = map;
    const positionSize = Math.max(4, map.spec.keySize);
    this.#position = new Uint8Array(positionSize);
    this.#nextPosition = new Uint8Array(positionSize);
    this.#capacity = batchCapacity(map);
    this.keys = new Uint8Array(0);
    this.values = new Uint8Array(0);
    const { transport } = map.kernel;
    this.#request = new Request<"map_lookup_batch" | "map_lookup_and_delete_batch">(transport, command)
      .u32("map_fd", map.fd)
      .pointer("in_batch", null);
    this.#allocate();
  }

  /** Null when this kernel cannot do it for this kind of map. */
  static open(map: RawMap, command: "map_lookup_batch" | "map_lookup_and_delete_batch"): BatchCursor | null {
    const cursor = new BatchCursor(map, command);
    return cursor.#fetch(true) ? cursor : null;
  }

  get keyOffset(): number {
    return this.#at * this.#map.key.length;
  }

  get valueOffset(): number {
    return this.#at * this.#map.value.length;
  }

  next(): boolean {
    for (;;) {
      while (this.#at + 1 >= this.#count) {
        if (this.#ended) return false;
        if (this.#map.kind.batch === "steps" && !this.#map.kind.fixed) this.#remember();
        this.#at = -1;
        this.#fetch(false);
      }
      this.#at++;
      if (this.#seen === null || isNew(this.#seen, this.#map, this.keys, this.keyOffset)) return true;
    }
  }

  /** The first batch was not all: from now on every key counts. */
  #remember(): void {
    if (this.#seen !== null) return;
    this.#seen = new SeenKeys(this.#map.key.length);
    for (let at = 0; at < this.#count; at++) this.#seen.isNew(this.keys, at * this.#map.key.length);
  }

  #allocate(): void {
    this.keys = new Uint8Array(this.#capacity * this.#map.key.length);
    this.values = new Uint8Array(this.#capacity * this.#map.value.length);
    this.#request.pointer("keys", this.keys).pointer("values", this.values);
  }

  /** Asks for the next entries; false when it is the first time and the kernel does not know how. */
  #fetch(first: boolean): boolean {
    const request = this.#request;
    for (let retries = 0; ; ) {
      this.#map.mustBeOpen();
      request.pointer("out_batch", this.#nextPosition).u32("count", this.#capacity);
      const result = request.send();
      const interrupted = result === -ERRNO.EINTR || result === -ERRNO.EAGAIN;
      // Interrupted in the middle (some kernels are, by entries that are gone), it says how far it came.
      const count = interrupted && request.read("count") < this.#capacity ? request.read("count") : 0;
      if (result >= 0 || result === -ERRNO.ENOENT || count > 0) {
        this.#count = request.read("count");
        this.#ended = result === -ERRNO.ENOENT;
        [this.#position, this.#nextPosition] = [this.#nextPosition, this.#position];
        request.pointer("in_batch", this.#position);
        return true;
      }
      if (interrupted && retries++ < MOST_RETRIES) continue;
      if (interrupted) throw restarted(this.#map);
      if (result === -ERRNO.ENOSPC && this.#capacity < this.#map.spec.maxEntries) {
        // A bucket has more entries than room was given for; it is asked for again.
        this.#capacity *= 2;
        this.#allocate();
        continue;
      }
      if (first && UNSUPPORTED.has(-result)) return false;
      throw mapError(this.#map, "iterate", request.error(result));
    }
  }
}

export class KeyCursor implements EntryCursor {
  readonly #map: RawMap;
  readonly #step: Request<"map_get_next_key">;
  readonly #lookup: Request<"map_lookup_elem">;
  readonly #following: Uint8Array;
  readonly #seen: SeenKeys | null;
  #more: boolean;
  readonly keys: Uint8Array;
  readonly keyOffset = 0;
  readonly values: Uint8Array;
  readonly valueOffset = 0;

  constructor(map: RawMap) {
    this.#map = map;
    this.keys = new Uint8Array(map.key.length);
    this.values = new Uint8Array(map.value.length);
    this.#following = new Uint8Array(map.key.length);
    const { transport } = map.kernel;
    this.#step = new Request(transport, "map_get_next_key").u32("map_fd", map.fd).pointer("next_key", this.#following);
    this.#lookup = new Request(transport, "map_lookup_elem")
      .u32("map_fd", map.fd)
      .pointer("key", this.keys)
      .pointer("value", this.values);
    // Indexes follow each other, whatever is there.
    this.#seen = map.kind.keys === "index" ? null : new SeenKeys(map.key.length);
    this.#more = this.#advance();
    this.#step.pointer("key", this.keys);
  }

  next(): boolean {
    while (this.#more) {
      this.#map.mustBeOpen();
      this.keys.set(this.#following);
      this.#more = this.#advance();
      if (this.#seen !== null && !isNew(this.#seen, this.#map, this.keys, 0)) continue;
      const result = this.#lookup.send();
      if (result >= 0) return true;
      // Deleted since we learned of its key: it does not appear.
      if (result !== -ERRNO.ENOENT) throw mapError(this.#map, "get", this.#lookup.error(result));
    }
    return false;
  }

  #advance(): boolean {
    const result = this.#step.send();
    if (result >= 0) return true;
    if (result === -ERRNO.ENOENT) return false;
    throw mapError(this.#map, "iterate", this.#step.error(result));
  }
}

/**
 * Whether an entry is to be shown.
 * @throws MapError `busy` when the walk is sent back so often that it would not end while others keep deleting.
 */
function isNew(seen: SeenKeys, map: RawMap, bytes: Uint8Array, offset: number): boolean {
  if (seen.isNew(bytes, offset)) return true;
  if (seen.again > 1000 + 16 * seen.count) throw restarted(map);
  return false;
}

function restarted({ spec: { name, type } }: RawMap): MapError {
  const why = "others delete entries faster than it can be walked over; try again";
  return new MapError(name, "busy", `map ${name} (${type}): iterate: ${why}`);
}
