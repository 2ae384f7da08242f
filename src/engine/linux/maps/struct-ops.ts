/**
 * An interface of the kernel that programs implement. Its only value is the kernel's struct, with descriptors of programs where functions
 * are; writing it registers the interface, or prepares it for a link (since 6.4).
 */

import type { Btf } from "../../../btf/btf.ts";
import type { StructOpsSpec } from "../../../object/spec.ts";
import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import type { ProgramHandle, StructOps, StructOpsLink } from "../../engine.ts";
import { AttachError, MapError } from "../../errors.ts";
import { LinuxLink } from "../links/link.ts";
import { explainRefusal } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";
import { LinuxHandle } from "./handle.ts";
import type { RawMap } from "./raw-map.ts";
import { type StructOpsLayout, structOpsLayout } from "./struct-ops-layout.ts";

export class LinuxStructOps extends LinuxHandle implements StructOps {
  readonly #structOps: StructOpsSpec;
  readonly #layout: StructOpsLayout;
  #programs: (name: string) => ProgramHandle | undefined = () => undefined;
  #link: LinuxLink | null = null;
  #prepared = false;

  constructor(raw: RawMap) {
    super(raw);
    const { structOps, name } = raw.spec;
    if (structOps === undefined) throw new MapError(name, "invalid", `map ${name} (struct_ops): nothing says what it implements`);
    this.#structOps = structOps;
    this.#layout = structOpsLayout(raw.kernel, name, structOps);
  }

  /** Says which programs there are, once they are loaded. */
  fill(programs: (name: string) => ProgramHandle | undefined): void {
    this.#programs = programs;
  }

  async attach(): Promise<StructOpsLink> {
    this.raw.mustBeOpen();
    if (this.#link?.attached === true) throw new AttachError(`${this.name} is attached already: detach it first`);
    const { link } = this.#structOps;
    // The kernel takes the value of one with a link once, and keeps it.
    if (!link || !this.#prepared) this.#write();
    this.#prepared = true;
    const { kernel } = this.raw;
    const description = `${this.#layout.struct.name} ${this.name}`;
    if (!link) {
      // From now on it is registered, until its key is deleted.
      this.#link = new LinuxLink(kernel, { description, descriptors: [], fixed: true, release: () => void this.raw.delete() });
      return this.#link;
    }
    const request = new Request(kernel.transport, "link_create")
      .u32("map_fd", this.fd)
      .u32("attach_type", ATTACH_TYPE.struct_ops);
    const fd = request.send();
    if (fd < 0) throw this.#refusal(request.error(fd));
    const descriptors = [kernel.ledger.adopt(fd, `link of ${this.name}`)];
    this.#link = new LinuxLink(kernel, { description, descriptors, fixed: true });
    return this.#link;
  }

  override close(): void {
    void this.#link?.detach();
  }

  #write(): void {
    const { raw } = this;
    raw.key.fill(0);
    raw.value.fill(0);
    this.#putMembers();
    const view = new DataView(raw.value.buffer);
    for (const { member, program } of this.#structOps.functions) {
      const handle = this.#programs(program);
      const fd = handle !== undefined && "fd" in handle && typeof handle.fd === "number" ? handle.fd : -1;
      if (fd < 0) throw new AttachError(`${this.name}: its ${member} is the program ${program}, which is not loaded`);
      view.setBigUint64(this.#offsetOf(member), BigInt(fd), true);
    }
    const request = new Request(raw.kernel.transport, "map_update_elem")
      .u32("map_fd", this.fd)
      .pointer("key", raw.key)
      .pointer("value", raw.value);
    const result = request.send();
    if (result < 0) throw this.#refusal(request.error(result));
  }

  #offsetOf(member: string): number {
    const { struct, offset } = this.#layout;
    const found = struct.members.find(({ name }) => name === member);
    if (found === undefined) throw new AttachError(`${this.name}: struct ${struct.name} of this kernel has no ${member}`);
    return offset + found.bitOffset / 8;
  }

  /** Numbers and texts, each to where this kernel has the member. What is zero a kernel may lack. */
  #putMembers(): void {
    const { types, spec } = this.raw;
    const source = spec.contents;
    const local = types?.type(this.#structOps.type);
    if (types === null || source?.kind !== "bytes" || local?.kind !== "struct") return;
    for (const { name, type, bitOffset, bitSize } of local.members) {
      if (this.#structOps.functions.some(({ member }) => member === name)) continue;
      const size = types.sizeOf(type);
      const bytes = source.bytes.subarray(bitOffset / 8, bitOffset / 8 + size);
      if (bytes.every((byte) => byte === 0)) continue;
      if (bitSize > 0 || this.#sizeOf(this.#layout.btf, name) !== size)
        throw new AttachError(
          `${this.name}: ${name} is another kind of member in struct ${this.#layout.struct.name} of this kernel`,
        );
      this.raw.value.set(bytes, this.#offsetOf(name));
    }
  }

  #sizeOf(btf: Btf, member: string): number | null {
    const found = this.#layout.struct.members.find(({ name }) => name === member);
    return found === undefined || found.bitSize > 0 ? null : btf.sizeOf(found.type);
  }

  #refusal(cause: SystemError): Error {
    const { kernel } = this.raw;
    const what = `attaching ${this.name} (struct ${this.#layout.struct.name})`;
    switch (cause.errno) {
      case ERRNO.EPERM:
      case ERRNO.EACCES:
        return explainRefusal(kernel.facts, what, ["CAP_BPF", "CAP_NET_ADMIN"], cause);
      case ERRNO.EEXIST:
        return new AttachError(`${what}: the kernel has one of that name`, { cause });
      case ERRNO.EINVAL:
        return new AttachError(`${what}: the kernel does not take it: a function that it needs is missing, or a value is wrong`, {
          cause,
        });
      default:
        return new AttachError(`${what}: ${cause.message}`, { cause });
    }
  }
}
