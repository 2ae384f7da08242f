/** Ring buffers that user space writes and programs read. */

import type { Btf } from "../../../btf/btf.ts";
import type { Codec } from "../../../btf/codec.ts";
import type { RecordOptions, UserRingBuffer } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { BPF_RB_FORCE_WAKEUP, RECORD_HEADER } from "../maps/ring.ts";
import type { RingBufferMap } from "../maps/ring-buffer.ts";
import type { Memory } from "../memory.ts";
import { UserHandle } from "./handle.ts";

export class UserSubmitRing extends UserHandle implements UserRingBuffer {
  readonly #map: RingBufferMap;
  readonly #codec: Codec | null;
  readonly #stops = new Set<() => void>();
  /** The last that was sent, there or not. */
  #sending: Promise<void> = Promise.resolve();

  constructor(map: RingBufferMap, memory: Memory, types: Btf | null, codec: Codec | null) {
    super(map, memory, types);
    this.#map = map;
    this.#codec = codec;
  }

  get available(): number {
    this.writable();
    return this.#map.ring.available;
  }

  submit(record: unknown): void {
    this.writable();
    const { ring } = this.#map;
    const bytes = record instanceof Uint8Array ? record : this.#encode(record);
    if (!this.#put(bytes)) {
      const message = `${this.name}: no room for ${bytes.length} bytes: ${ring.size} in all, ${ring.available} not yet read by a program`;
      throw new MapError(this.name, "full", message);
    }
  }

  async send(record: unknown, { signal }: RecordOptions = {}): Promise<void> {
    const bytes = record instanceof Uint8Array ? record : this.#encode(record);
    if (bytes.length + RECORD_HEADER > this.#map.ring.size) return this.submit(bytes);
    signal?.throwIfAborted();
    // Whoever came before is served before.
    const before = this.#sending;
    const sent = before.then(() => this.#whenThereIsRoom(bytes, signal));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  async #whenThereIsRoom(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    this.#stops.add(stop);
    signal?.addEventListener("abort", stop);
    try {
      for (;;) {
        signal?.throwIfAborted();
        this.writable();
        if (this.#put(bytes)) return;
        await this.#map.ring.sleep(stopped);
      }
    } finally {
      this.#stops.delete(stop);
      signal?.removeEventListener("abort", stop);
    }
  }

  override close(): void {
    super.close();
    for (const stop of this.#stops) stop();
  }

  /** False when there is no room now. */
  #put(bytes: Uint8Array): boolean {
    const { ring } = this.#map;
    const address = ring.reserve(bytes.length);
    if (address === 0) return false;
    this.memory.bytes.set(bytes, address);
    ring.commit(address, BPF_RB_FORCE_WAKEUP, false);
    return true;
  }

  #encode(record: unknown): Uint8Array {
    if (this.#codec === null)
      throw new MapError(this.name, "invalid", `${this.name}: the Spec gives its records no type; submit a Uint8Array`);
    const bytes = new Uint8Array(this.#codec.size);
    this.#codec.encode(record, bytes, 0);
    return bytes;
  }
}
