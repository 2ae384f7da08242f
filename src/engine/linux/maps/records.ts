/** Records of a buffer in every form that user space may want them in, and waiting for them (events/waiter.ts). */

import type { ConsumeOptions, RecordOptions, ReuseOptions } from "../../engine.ts";
import { batchesOf, consume, consumeLeased, type Readable, recordsOf, type Waiting } from "../../reading.ts";
import { countOf, type Each, type EachLease, type RecordReader } from "../../record-reader.ts";
import type { Awaited, Member } from "../events/waiter.ts";
import { LinuxHandle } from "./handle.ts";

/** More than any buffer holds. */
const ALL = 0x7fff_ffff;
const NONE: RecordOptions = {};

export abstract class LinuxRecords<Item, Leasing extends EachLease, Options extends RecordOptions>
  extends LinuxHandle
  implements Readable
{
  #member: Member | null = null;
  /** Who waits, one reading each. */
  #waits = 0;
  #closed = false;

  /** @internal */
  get isOpen(): boolean {
    return !this.#closed && this.fd >= 0;
  }

  drain(each: (record: Item) => boolean | void, { reuse = false }: ReuseOptions = {}): number {
    return countOf(this.reader().pass(each as Each, ALL, reuse));
  }

  lease(each: Leasing): number {
    return countOf(this.reader().passLeased(each, ALL));
  }

  records(options?: Options): AsyncIterableIterator<Item> {
    return recordsOf(this, this.reader(options ?? NONE), options ?? NONE);
  }

  batches(options?: Options): AsyncIterableIterator<Item[]> {
    return batchesOf(this, this.reader(options ?? NONE), options ?? NONE);
  }

  async consume(each: (record: Item) => boolean | void, options: ConsumeOptions = {}): Promise<number> {
    return consume(this, this.reader(options), each as Each, options);
  }

  async consumeLeased(each: Leasing, options: RecordOptions = {}): Promise<number> {
    return consumeLeased(this, this.reader(options), each, options);
  }

  /** @internal */
  async waiting(): Promise<Waiting> {
    const { waiterOf } = await import("../events/waiter.ts");
    if (!this.isOpen) return { wait: () => Promise.resolve(), wake() {}, [Symbol.dispose]() {} };
    const reader = this.reader();
    this.#member ??= waiterOf(this.raw.kernel).join(this.awaited(reader));
    const member = this.#member;
    this.#waits++;
    return {
      wait: (taken, more) => member.wait(taken, this.bytesTaken(), more),
      wake: () => member.wake(),
      [Symbol.dispose]: () => {
        if (--this.#waits > 0) return;
        member[Symbol.dispose]();
        if (this.#member === member) this.#member = null;
      },
    };
  }

  /** Waiting ends before descriptors are closed: their numbers may be other files' at once. */
  override close(): void {
    this.#closed = true;
    this.#member?.[Symbol.dispose]();
    this.#member = null;
  }

  /** What reads it, opened now. @throws MapError */
  protected abstract reader(options?: RecordOptions): RecordReader;
  /** Bytes of the buffer that were read since the last time this was asked. */
  protected abstract bytesTaken(): number;
  /** How it is waited for. */
  protected abstract awaited(reader: RecordReader): Awaited;
}
