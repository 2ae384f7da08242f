/**
 * Every descriptor that the engine holds, and what it is. A map or a link lives in the kernel for as long as somebody holds a
 * descriptor of it, so a forgotten one is a leak and a lost one a program that stops working: each has exactly one owner here.
 * The kernel opens them all close-on-exec, and closes them when the process ends, however it ends.
 */

import type { Transport } from "./sys/transport.ts";

export class Descriptor implements Disposable {
  /** What it is, for people: `map drops`. */
  readonly what: string;
  readonly #ledger: DescriptorLedger;
  #fd: number;

  /** Made by `DescriptorLedger.adopt`. */
  constructor(ledger: DescriptorLedger, fd: number, what: string) {
    this.#ledger = ledger;
    this.#fd = fd;
    this.what = what;
  }

  /** The number, or -1 once closed: the kernel then answers EBADF instead of reaching whoever got the number next. */
  get fd(): number {
    return this.#fd;
  }

  get closed(): boolean {
    return this.#fd < 0;
  }

  /** Closing twice is harmless. */
  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#ledger.release(this, fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export class DescriptorLedger {
  readonly #transport: Transport;
  readonly #open = new Set<Descriptor>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Takes ownership of a descriptor that the kernel just returned. */
  adopt(fd: number, what: string): Descriptor {
    const descriptor = new Descriptor(this, fd, what);
    this.#open.add(descriptor);
    return descriptor;
  }

  /** @internal Called by `Descriptor.close`. `close(2)` frees the number even where it reports an error, so that is not looked at. */
  release(descriptor: Descriptor, fd: number): void {
    this.#open.delete(descriptor);
    this.#transport.close(fd);
  }

  /** What is open now, in the order in which it was opened: empty after an engine was disposed, or something leaked. */
  report(): readonly string[] {
    return [...this.#open].map((descriptor) => `${descriptor.fd}: ${descriptor.what}`);
  }

  /** Closes everything, last opened first: links before the programs they hold, programs before their maps. */
  closeAll(): void {
    for (const descriptor of [...this.#open].reverse()) descriptor.close();
  }
}
