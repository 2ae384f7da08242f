/** Ring buffers that user space writes and programs read (since 6.1, `bpf_user_ringbuf_drain`). */

import type { Codec } from "../../../btf/codec.ts";
import type { RecordOptions, UserRingBuffer } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Member } from "../events/waiter.ts";
import { EPOLL } from "../sys/transport.ts";
import { LinuxHandle } from "./handle.ts";
import type { RawMap } from "./raw-map.ts";
import { HEADER, LENGTH, RingMemory, roomFor } from "./ring-memory.ts";

export class LinuxUserRingBuffer extends LinuxHandle implements UserRingBuffer {
  readonly #codec: Codec | null;
  #memory: RingMemory | null = null;
  #member: Member | null = null;
  /** Bytes that each who waits for room needs, first come first. */
  readonly #wanted: { readonly room: number }[] = [];

  constructor(raw: RawMap, codec: Codec | null) {
    super(raw);
    this.#codec = codec;
  }

  get available(): number {
    return this.#open().available;
  }

  submit(record: unknown): void {
    const length = this.#lengthOf(record);
    if (this.#put(record, length)) return;
    const { size, available } = this.#open();
    const message = `${this.name}: no room for ${length} bytes: ${size} in all, ${available} not yet read by a program`;
    throw new MapError(this.name, "full", message);
  }

  async send(record: unknown, { signal }: RecordOptions = {}): Promise<void> {
    const length = this.#lengthOf(record);
    const room = roomFor(length);
    if (room > this.#open().size) return this.submit(record);
    signal?.throwIfAborted();
    // Whoever came before is served before.
    if (this.#wanted.length === 0 && this.#put(record, length)) return;
    const { waiterOf } = await import("../events/waiter.ts");
    this.raw.mustBeOpen();
    this.#member ??= waiterOf(this.raw.kernel).join(
      {
        name: this.name,
        descriptors: [this.fd],
        size: this.spec.maxEntries,
        ready: () => this.#room() >= (this.#wanted[0]?.room ?? 0),
      },
      EPOLL.writable,
    );
    const member = this.#member;
    const wake = (): void => member.wake();
    signal?.addEventListener("abort", wake);
    const mine = { room };
    this.#wanted.push(mine);
    try {
      while (this.#wanted[0] !== mine || !this.#put(record, length)) {
        await member.wait(0, 0, false);
        signal?.throwIfAborted();
        this.raw.mustBeOpen();
      }
    } finally {
      signal?.removeEventListener("abort", wake);
      this.#wanted.splice(this.#wanted.indexOf(mine), 1);
      if (this.#wanted.length > 0) member.wake();
      else {
        member[Symbol.dispose]();
        if (this.#member === member) this.#member = null;
      }
    }
  }

  override close(): void {
    this.#member?.[Symbol.dispose]();
    this.#member = null;
    this.#memory?.[Symbol.dispose]();
    this.#memory = null;
  }

  /** False when there is no room now. */
  #put(record: unknown, length: number): boolean {
    const { consumer, producer, bytes, headers, mask, size } = this.#open();
    const at = producer.load();
    const room = roomFor(length);
    if (room > size - ((at - consumer.load()) >>> 0)) return false;
    const place = at & mask;
    if (record instanceof Uint8Array) bytes.set(record, place + HEADER);
    // Nobody reads it before its header is there.
    else this.#codec?.encode(record, bytes, place + HEADER);
    headers[(place >>> 2) + 1] = 0;
    Atomics.store(headers, place >>> 2, length);
    producer.store((at + room) | 0);
    return true;
  }

  /** Bytes that are free now. */
  #room(): number {
    return this.#memory?.isOpen === true ? this.#memory.size - this.#memory.available : 0;
  }

  #lengthOf(record: unknown): number {
    if (record instanceof Uint8Array) {
      if (record.length <= LENGTH) return record.length;
      throw new MapError(this.name, "invalid", `${this.name}: a record has at most ${LENGTH} bytes, found ${record.length}`);
    }
    if (this.#codec !== null) return this.#codec.size;
    throw new MapError(this.name, "invalid", `${this.name}: the Spec gives its records no type; submit a Uint8Array`);
  }

  #open(): RingMemory {
    this.raw.mustBeOpen();
    const map = (length: number, offset: number, writable: boolean) => this.mapMemory(length, offset, writable);
    this.#memory ??= new RingMemory(this.spec.maxEntries, this.raw.kernel.transport.pageSize, true, map);
    return this.#memory;
  }
}
