/** Iterator programs (since 5.8): not attached to anything, but read. The kernel runs one for each of its objects and gives what it writes. */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import type { IterateOptions, Iteration } from "../../engine.ts";
import { AttachError, IterationError } from "../../errors.ts";
import { iterationOf } from "../../iteration.ts";
import { openCgroup } from "../cgroups.ts";
import type { Descriptor } from "../descriptors.ts";
import { type Attaching, attachFailure, systemError } from "../links/attaching.ts";
import { Request } from "../request.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import { LinuxProgram } from "./program.ts";

/** Which options each kind knows; others know none. */
const OPTIONS: Readonly<Record<string, readonly (keyof IterateOptions)[]>> = {
  bpf_map_elem: ["map"],
  sockmap: ["map"],
  bpf_sk_storage_map: ["map"],
  task: ["pid", "tid"],
  task_file: ["pid", "tid"],
  task_vma: ["pid", "tid"],
  cgroup: ["cgroup", "order"],
};
/** `enum bpf_cgroup_iter_order`. */
const ORDER = { self: 1, down: 2, "down-last": 3, up: 4 } as const;
/** `union bpf_iter_link_info`: a map's descriptor; or the order, descriptor and id of a group; or a thread, a process, its descriptor. */
const INFO_SIZE = 16;
/** What the kernel gives at once at most: eight pages. */
const PIECE = 32_768;

export class IteratorProgram extends LinuxProgram {
  iterate(options: IterateOptions = {}): Iteration {
    const known = OPTIONS[this.spec.target ?? ""] ?? [];
    for (const name of Object.keys(options) as (keyof IterateOptions)[]) {
      if (options[name] !== undefined && !known.includes(name))
        throw new RangeError(`${this.name}: iter/${this.spec.target} does not know the option ${name}; leave it out`);
    }
    if (known.includes("map") && options.map === undefined)
      throw new RangeError(`${this.name}: iter/${this.spec.target} goes through a map; give one (iterate({ map }))`);
    return iterationOf(() => this.#chunks(options));
  }

  /** A link for what it goes through, a reader of it; both are gone when the reading ends. */
  async *#chunks(options: IterateOptions): AsyncGenerator<Uint8Array, undefined, undefined> {
    this.mustBeOpen();
    using reader = this.#open(options);
    const buffer = new Uint8Array(PIECE);
    for (;;) {
      this.mustBeOpen();
      const count = this.kernel.transport.read(reader.fd, buffer);
      if (count === -ERRNO.EAGAIN || count === -ERRNO.E2BIG) throw this.#iterationError(count === -ERRNO.E2BIG);
      if (count === -ERRNO.EINTR) continue;
      if (count < 0) throw new SystemError("read", -count);
      if (count === 0) return;
      yield buffer.slice(0, count);
    }
  }

  #open(options: IterateOptions): Descriptor {
    const { transport, ledger } = this.kernel;
    const attaching: Attaching = {
      kernel: this.kernel,
      spec: this.spec,
      descriptor: this.descriptor,
      options: {},
      maps: new Map(),
    };
    const attempt = {
      place: `iter/${this.spec.target}`,
      feature: "BPF_LINK_TYPE_ITER",
      since: options.pid !== undefined || options.tid !== undefined || options.cgroup !== undefined ? "6.1" : "5.8",
      needs: ["CAP_BPF", "CAP_PERFMON"],
      means: { ESRCH: "there is no such process", EINVAL: "it does not go through that" },
    } as const;
    const info = new Uint8Array(INFO_SIZE);
    const view = new DataView(info.buffer);
    let group: Descriptor | null = null;
    if (options.map !== undefined) {
      const fd = "fd" in options.map && typeof options.map.fd === "number" ? options.map.fd : -1;
      if (fd < 0) throw new AttachError(`${this.name}: expected a map of the Linux engine, found ${options.map.name}`);
      view.setInt32(0, fd, true);
    }
    if (this.spec.target === "cgroup") {
      const opened = openCgroup(this.kernel, options.cgroup ?? "/");
      if (typeof opened === "number") throw attachFailure(attaching, attempt, systemError("open", opened));
      group = opened;
      view.setUint32(0, ORDER[options.order ?? "down"], true);
      view.setInt32(4, group.fd, true);
    }
    if (options.tid !== undefined) view.setUint32(0, options.tid, true);
    else if (options.pid !== undefined) view.setUint32(4, options.pid, true);
    try {
      const asks = info.some((byte) => byte !== 0);
      const create = new Request(transport, "link_create")
        .u32("prog_fd", this.descriptor.fd)
        .u32("attach_type", ATTACH_TYPE.trace_iter)
        .pointer("iter_info", asks ? info : null)
        .u32("iter_info_len", asks ? info.length : 0);
      const result = create.send();
      if (result < 0) throw attachFailure(attaching, attempt, create.error(result));
      using link = ledger.adopt(result, `link of ${this.name}`);
      const open = new Request(transport, "iter_create").u32("link_fd", link.fd);
      const reader = open.send();
      if (reader < 0) throw attachFailure(attaching, attempt, open.error(reader));
      return ledger.adopt(reader, `reader of ${this.name}`);
    } finally {
      group?.close();
    }
  }

  #iterationError(tooLong: boolean): IterationError {
    return tooLong
      ? new IterationError(
          this.name,
          "E2BIG",
          `${this.name}: writes more of one object than the 32767 bytes that there is room for`,
        )
      : new IterationError(this.name, "EAGAIN", `${this.name}: returned 1 for an object until nothing else was left to read`);
  }
}
