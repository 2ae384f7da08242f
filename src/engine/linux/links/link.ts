/**
 * A program attached to a hook. The link is a descriptor, of some kinds several: the program stays attached exactly as long as they are
 * open, so a process that dies, however it dies, leaves nothing behind. (Classic tc filters are the exception, and say so.)
 */

import type { Link, LinkUpdate, Program } from "../../engine.ts";
import { AttachError, FeatureError, PinError } from "../../errors.ts";
import type { LinkInfo } from "../../link-info.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { objectId } from "../objects/info.ts";
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
  /** The same, after they are closed. */
  readonly cleanUp?: () => void;
  /** It was there before: closing the descriptor leaves the program attached. Where it is pinned, if anywhere. */
  readonly found?: { readonly path: string | null };
}

export class LinuxLink implements Link {
  readonly description: string;
  readonly #kernel: Kernel;
  readonly #attachment: Attachment;
  #attached = true;
  /** Names under which it lives on. */
  readonly #pins = new Set<string>();
  /** Those of the program that is attached: closing that lets go of them. */
  #siblings: Set<LinuxLink> | null = null;

  constructor(kernel: Kernel, attachment: Attachment) {
    this.#kernel = kernel;
    this.#attachment = attachment;
    this.description = attachment.description;
    const path = attachment.found?.path ?? null;
    if (path !== null) this.#pins.add(path);
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

  /** All of its descriptors: of samples one for each CPU; none of a filter. */
  get descriptors(): readonly number[] {
    return this.#attachment.descriptors.filter(({ closed }) => !closed).map(({ fd }) => fd);
  }

  /** True: kernels exchange no programs there. */
  get fixed(): boolean {
    return this.#attachment.fixed === true;
  }

  /** The kernel's number for it, as `bpftool link` shows; 0 when the kernel does not say. */
  get id(): number {
    return objectId(this.#kernel, this.fd);
  }

  /**
   * Of several descriptors, as samples of all CPUs have, the first one's.
   * @throws AttachError when it was detached.
   */
  async info(): Promise<LinkInfo | null> {
    this.#mustBeAttached("asking for it");
    const { linkInfo } = await import("./info.ts");
    this.#mustBeAttached("asking for it");
    // A filter, a socket's program, an event of before 5.15: the kernel knows no link there.
    return this.fd < 0 || this.id === 0 ? null : linkInfo(this.#kernel, this.fd);
  }

  /** `BPF_LINK_UPDATE`, since 5.7 (XDP: 5.9). The kernel exchanges no tracing programs. */
  async update(program: Program, { expected }: LinkUpdate = {}): Promise<void> {
    const fd = descriptorOf(program);
    const what = `${this.description}: putting ${program.name} in its place`;
    if (fd < 0) throw new AttachError(`${what}: it is no program of the Linux engine that is loaded`);
    this.#mustBeAttached(`putting ${program.name} in its place`);
    const request = new Request(this.#kernel.transport, "link_update").u32("link_fd", this.fd).u32("new_prog_fd", fd);
    if (expected !== undefined) {
      const old = descriptorOf(expected);
      if (old < 0) throw new AttachError(`${what}: expected: ${expected.name} is no program of the Linux engine that is loaded`);
      if (this.#attachment.replace !== undefined)
        throw new FeatureError("BPF_F_REPLACE", null, `${what}: only links look what was there before (expected)`);
      request.u32("flags", BPF_F_REPLACE).u32("old_prog_fd", old);
    }
    const result = this.#attachment.replace?.(fd) ?? request.send();
    if (result >= 0) {
      // It is the other program's link now: closing this one's collection leaves it.
      if ("links" in program && program.links instanceof Set) this.belongTo(program.links);
      return;
    }
    const cause = request.error(result);
    const { errno } = cause;
    if (errno === ERRNO.EPERM && expected !== undefined)
      throw new AttachError(`${what}: another program is there than ${expected.name}`, { cause });
    if (errno === ERRNO.EOPNOTSUPP || errno === ERRNO.ENOTSUPP || (errno === ERRNO.EINVAL && this.#attachment.fixed === true))
      throw new FeatureError(
        "BPF_LINK_UPDATE",
        null,
        `${what}: kernels do not exchange programs there; attach the new one, then detach this one (${cause.code})`,
        { cause },
      );
    throw new AttachError(`${what}: ${cause.message}`, { cause });
  }

  /**
   * `BPF_OBJ_PIN`, of links since 5.7.
   * @throws PinError, PrivilegeError; AttachError when there is no link to pin
   */
  async pin(path: string): Promise<void> {
    this.#mustBeAttached("pinning it");
    const what = `pinning the link to ${this.description}`;
    const { pinObject } = await import("../pins.ts");
    this.#mustBeAttached("pinning it");
    const { length } = this.#attachment.descriptors;
    if (length > 1) throw new AttachError(`${what}: it is ${length} links, one for each CPU or place, and a name is one's`);
    if (length === 0 || this.id === 0) throw new AttachError(`${what}: the kernel has no link there, which a name could be for`);
    pinObject(this.#kernel, this.fd, path, { what });
    this.#pins.add(path);
  }

  /** The program is there no more: also where the link is pinned, or was found. */
  async detach(): Promise<void> {
    if (!this.#attached) return;
    if (this.attached && (this.#pins.size > 0 || this.#attachment.found !== undefined)) await this.#force();
    this.close();
  }

  /** Lets go of it: the program stays where it is only if something else holds the link, such as a pin. */
  close(): void {
    if (!this.#attached) return;
    this.#attached = false;
    this.#siblings?.delete(this);
    this.#attachment.release?.();
    for (const descriptor of this.#attachment.descriptors) descriptor.close();
    this.#attachment.cleanUp?.();
  }

  /** As `close`: what is pinned stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** `BPF_LINK_DETACH` (5.9), which kinds on networks and groups know; of others the names are removed, and who else holds them keeps them. */
  async #force(): Promise<void> {
    const request = new Request(this.#kernel.transport, "link_detach").u32("link_fd", this.fd);
    const result = request.send();
    const unknown = result === -ERRNO.EOPNOTSUPP || result === -ERRNO.EINVAL || result === -ERRNO.ENOTSUPP;
    if (result < 0 && !unknown) throw new AttachError(`${this.description}: detaching it`, { cause: request.error(result) });
    if (unknown && this.#pins.size === 0)
      throw new FeatureError(
        "BPF_LINK_DETACH",
        null,
        `${this.description}: kernels detach such a program when the last process that holds the link lets go of it`,
        { cause: request.error(result) },
      );
    const { unpin } = await import("../pins.ts");
    for (const path of this.#pins) {
      try {
        unpin(this.#kernel, path, { what: `detaching ${this.description}` });
      } catch (error) {
        // Somebody was quicker.
        if (!(error instanceof PinError) || error.code !== "not-found") throw error;
      }
      this.#pins.delete(path);
    }
  }

  #mustBeAttached(doing: string): void {
    if (!this.attached) throw new AttachError(`${this.description}: ${doing}: the link was detached; attach the program anew`);
  }
}

const descriptorOf = (program: Program): number => ("fd" in program && typeof program.fd === "number" ? program.fd : -1);

/** Of `BPF_LINK_UPDATE`: only if `old_prog_fd` is there. */
const BPF_F_REPLACE = 1 << 2;
