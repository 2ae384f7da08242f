/**
 * A program attached to a hook. The link is a descriptor, of some kinds several: the program stays attached exactly as long as they are
 * open, so a process that dies, however it dies, leaves nothing behind. (Classic tc filters are the exception, and say so.)
 */

import type { Link, Program } from "../../engine.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";

/** What an attachment consists of. */
export interface Attachment {
  readonly description: string;
  /** What holds the program where it is. */
  readonly descriptors: readonly Descriptor[];
  /** True: kernels exchange no programs there. */
  readonly fixed?: boolean;
  /** Puts another program in its place, where that is not `BPF_LINK_UPDATE`; an error number, negated, when it fails. */
  readonly replace?: (program: number) => number;
  /** Undoes what closing the descriptors does not. */
  readonly release?: () => void;
}

export class LinuxLink implements Link {
  readonly description: string;
  readonly #kernel: Kernel;
  readonly #attachment: Attachment;
  #attached = true;
  /** Those of the program that is attached: closing that detaches them. */
  #siblings: Set<LinuxLink> | null = null;

  constructor(kernel: Kernel, attachment: Attachment) {
    this.#kernel = kernel;
    this.#attachment = attachment;
    this.description = attachment.description;
  }

  belongTo(links: Set<LinuxLink>): void {
    this.#siblings?.delete(this);
    this.#siblings = links;
    links.add(this);
  }

  get attached(): boolean {
    return this.#attached && this.#attachment.descriptors.every(({ closed }) => !closed);
  }

  /** The link's descriptor, for what takes one (`position`). -1 once it is detached, and where it has none. */
  get fd(): number {
    return this.#attachment.descriptors[0]?.fd ?? -1;
  }

  /** The kernel's number for it, as `bpftool link` shows; 0 when the kernel does not say. */
  get id(): number {
    const info = new Uint8Array(LINK_INFO_SIZE);
    const request = new Request(this.#kernel.transport, "obj_get_info_by_fd")
      .u32("bpf_fd", this.fd)
      .u32("info_len", info.length)
      .pointer("info", info);
    return request.send() < 0 ? 0 : new DataView(info.buffer).getUint32(4, true);
  }

  /** `BPF_LINK_UPDATE`, since 5.7 (XDP: 5.9). The kernel exchanges no tracing programs. */
  async update(program: Program): Promise<void> {
    const fd = "fd" in program && typeof program.fd === "number" ? program.fd : -1;
    const what = `${this.description}: putting ${program.name} in its place`;
    if (fd < 0) throw new AttachError(`${what}: it is no program of the Linux engine that is loaded`);
    if (!this.attached) throw new AttachError(`${what}: the link was detached; attach the program anew`);
    const request = new Request(this.#kernel.transport, "link_update").u32("link_fd", this.fd).u32("new_prog_fd", fd);
    const result = this.#attachment.replace?.(fd) ?? request.send();
    if (result >= 0) {
      // It is the other program's link now: closing this one's collection leaves it.
      if ("links" in program && program.links instanceof Set) this.belongTo(program.links);
      return;
    }
    const cause = request.error(result);
    const { errno } = cause;
    if (errno === ERRNO.EOPNOTSUPP || errno === ERRNO.ENOTSUPP || (errno === ERRNO.EINVAL && this.#attachment.fixed === true))
      throw new FeatureError(
        "BPF_LINK_UPDATE",
        null,
        `${what}: kernels do not exchange programs there; attach the new one, then detach this one (${cause.code})`,
        { cause },
      );
    throw new AttachError(`${what}: ${cause.message}`, { cause });
  }

  async detach(): Promise<void> {
    if (!this.#attached) return;
    this.#attached = false;
    this.#siblings?.delete(this);
    this.#attachment.release?.();
    for (const descriptor of this.#attachment.descriptors) descriptor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach();
  }
}

/** `struct bpf_link_info`: u32 type, id, prog_id. */
const LINK_INFO_SIZE = 16;
