/**
 * Walking over a map's entries, in one of two ways.
 *
 * `BatchCursor` asks for many entries at once (`BPF_MAP_LOOKUP_BATCH`, hashes and arrays since 5.6, per-CPU arrays since 5.13): a
 * quarter of the time, and it walks a hash bucket by bucket, so that no deletion by anybody makes it start again.
 * `KeyCursor` goes from key to key. When the key that it stands on is deleted, a hash starts over from the beginning; so it
 * fetches the next key *before* it shows an entry (deleting that one is then safe) and counts its steps.
 */

import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { mapError } from "./failure.ts";
import type { RawMap } from "./raw-map.ts";

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
const UNSUPPORTED: ReadonlySet<number> = new Set([ERRNO.EINVAL, ERRNO.ENOTSUPP, ERRNO.EOPNOTSUPP]);

/** Bytes of entries asked for at once; the kernel copies into them while it holds nothing but a bucket's lock. */
const BATCH_BYTES = 1 << 16;

export function openCursor(map: RawMap): EntryCursor {
  map.mustBeOpen();
  if (map.kind.keys === "table" || map.kind.keys === "index") {
    const batch = BatchCursor.open(map);
    if (batch !== null) return batch;
  }
  return new KeyCursor(map);
}

export class BatchCursor implements EntryCursor {
  readonly #map: RawMap;
  readonly #request: Request<"map_lookup_batch">;
  /** Opaque to us: a bucket's number (hashes), the last key (arrays). Two of them: the kernel reads one and writes the other. */
  #position: Uint8Array;
  #nextPosition: Uint8Array;
  #capacity: number;
  #count = 0;
  #at = -1;
  #ended = false;
  keys: Uint8Array;
  values: Uint8Array;

  private constructor(map: RawMap) {
    this.#map = map;
    const positionSize = Math.max(4, map.spec.keySize);
    this.#position = new Uint8Array(positionSize);
    this.#nextPosition = new Uint8Array(positionSize);
    const entrySize = map.key.length + map.value.length;
    // At least a few, because a bucket must fit whole; never more than there can be.
    this.#capacity = Math.min(Math.max(16, Math.floor(BATCH_BYTES / entrySize)), Math.max(map.spec.maxEntries, 16));
    this.keys = new Uint8Array(0);
    this.values = new Uint8Array(0);
    this.#request = new Request(map.kernel.transport, "map_lookup_batch").u32("map_fd", map.fd).pointer("in_batch", null);
    this.#allocate();
  }

  /** Null when this kernel cannot do it for this kind of map. */
  static open(map: RawMap): BatchCursor | null {
    const cursor = new BatchCursor(map);
    return cursor.#fetch(true) ? cursor : null;
  }

  get keyOffset(): number {
    return this.#at * this.#map.key.length;
  }

  get valueOffset(): number {
    return this.#at * this.#map.value.length;
  }

  next(): boolean {
    while (this.#at + 1 >= this.#count) {
      if (this.#ended) return false;
      this.#at = -1;
      this.#fetch(false);
    }
    this.#at++;
    return true;
  }

  #allocate(): void {
    this.keys = new Uint8Array(this.#capacity * this.#map.key.length);
    this.values = new Uint8Array(this.#capacity * this.#map.value.length);
    this.#request.pointer("keys", this.keys).pointer("values", this.values);
  }

  /** Asks for the next entries; false when it is the first time and the kernel does not know how. */
  #fetch(first: boolean): boolean {
    for (;;) {
      this.#map.mustBeOpen();
      this.#request.pointer("out_batch", this.#nextPosition).u32("count", this.#capacity);
      const result = this.#request.send();
      if (result >= 0 || result === -ERRNO.ENOENT) {
        this.#count = this.#request.read("count");
        this.#ended = result < 0;
        [this.#position, this.#nextPosition] = [this.#nextPosition, this.#position];
        this.#request.pointer("in_batch", this.#position);
        return true;
      }
      if (result === -ERRNO.EINTR || result === -ERRNO.EAGAIN) continue;
      if (result === -ERRNO.ENOSPC && this.#capacity < this.#map.spec.maxEntries) {
        // A bucket has more entries than room was given for; it is asked for again.
        this.#capacity *= 2;
        this.#allocate();
        continue;
      }
      if (first && UNSUPPORTED.has(-result)) return false;
      throw mapError(this.#map, "iterate", this.#request.error(result));
    }
  }
}

export class KeyCursor implements EntryCursor {
  readonly #map: RawMap;
  readonly #step: Request<"map_get_next_key">;
  readonly #lookup: Request<"map_lookup_elem">;
  readonly #following: Uint8Array;
  #more: boolean;
  #left: number;
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
    // Every entry may be replaced by another while we walk; a walk that takes twice as long as the map is big has been sent
    // back to the start, and would never end while somebody keeps deleting.
    this.#left = map.spec.maxEntries * 2;
    this.#more = this.#advance();
    this.#step.pointer("key", this.keys);
  }

  next(): boolean {
    while (this.#more && this.#left-- > 0) {
      this.#map.mustBeOpen();
      this.keys.set(this.#following);
      this.#more = this.#advance();
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
