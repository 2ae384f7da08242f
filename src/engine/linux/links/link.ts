/**
 * A program attached to a hook. The link is a descriptor: the program stays attached exactly as long as it is open, so a process
 * that dies, however it dies, leaves nothing behind.
 */

import type { Link, Program } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";

export class LinuxLink implements Link {
  readonly description: string;
  /** The kernel's number for it, as `bpftool link` shows. */
  readonly id: number;
  readonly #kernel: Kernel;
  readonly #descriptor: Descriptor;

  constructor(kernel: Kernel, descriptor: Descriptor, id: number, description: string) {
    this.#kernel = kernel;
    this.#descriptor = descriptor;
    this.id = id;
    this.description = description;
  }

  get attached(): boolean {
    return !this.#descriptor.closed;
  }

  /** `BPF_LINK_UPDATE`, since 5.7 (XDP: 5.9). */
  async update(program: Program): Promise<void> {
    const fd = "fd" in program && typeof program.fd === "number" ? program.fd : -1;
    const what = `${this.description}: putting ${program.name} in its place`;
    if (fd < 0) throw new AttachError(`${what}: it is no program of the Linux engine that is loaded`);
    if (this.#descriptor.closed) throw new AttachError(`${what}: the link was detached; attach the program anew`);
    const request = new Request(this.#kernel.transport, "link_update").u32("link_fd", this.#descriptor.fd).u32("new_prog_fd", fd);
    const result = request.send();
    if (result < 0) throw new AttachError(`${what}: ${request.error(result).message}`, { cause: request.error(result) });
  }

  async detach(): Promise<void> {
    this.#descriptor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach();
  }
}
