/**
 * A program attached to a hook. The link is a descriptor: the program stays attached exactly as long as it is open, so a process
 * that dies, however it dies, leaves nothing behind.
 */

import type { Link } from "../../engine.ts";
import type { Descriptor } from "../descriptors.ts";

export class LinuxLink implements Link {
  readonly description: string;
  /** The kernel's number for it, as `bpftool link` shows. */
  readonly id: number;
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor, id: number, description: string) {
    this.#descriptor = descriptor;
    this.id = id;
    this.description = description;
  }

  get attached(): boolean {
    return !this.#descriptor.closed;
  }

  async detach(): Promise<void> {
    this.#descriptor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach();
  }
}
