/** Which programs are attached at one place: `BPF_PROG_QUERY` (4.15; tcx and netkit 6.6 and 6.7), which answers for a descriptor or an interface. */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import type { Kernel } from "../kernel.ts";
import { explainRefusal } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";

export interface QueriedProgram {
  readonly program: number;
  /** Null: not attached by a link, or the kernel does not say. */
  readonly link: number | null;
  /** `BPF_F_*` with which it was attached. */
  readonly flags: number;
}

export interface Queried {
  /** In the order in which they run. */
  readonly programs: readonly QueriedProgram[];
  /** Of the place: `BPF_F_ALLOW_OVERRIDE` 1, `BPF_F_ALLOW_MULTI` 2. */
  readonly flags: number;
  /** Counts what happened to the list, to be given back as `expected_revision` (tcx 6.6, control groups 6.17); 0 where it is not told. */
  readonly revision: bigint;
}

/** `BPF_F_QUERY_EFFECTIVE`: also what is inherited from above. */
const EFFECTIVE = 1;

/** Programs that are asked for at first. Kernels allow 64 at a control group. */
const SOME = 64;

/** What kernels say of places that there are none of: attach types that they do not know, interfaces that are no netkit (ENXIO). */
const ABSENT: ReadonlySet<number> = new Set([ERRNO.EINVAL, ERRNO.ENXIO, ERRNO.ENODEV, ERRNO.ENOENT, ERRNO.EOPNOTSUPP]);

export interface QueryTarget {
  readonly attachType: AttachType;
  /** A descriptor of a control group or network namespace, or the index of an interface. */
  readonly target: number;
  readonly effective?: boolean;
}

/**
 * Null where this kernel has no such place.
 * @param what for messages
 * @throws PrivilegeError, SystemError
 */
export function queryPrograms(
  kernel: Kernel,
  what: string,
  { attachType, target, effective = false }: QueryTarget,
): Queried | null {
  let details = !effective;
  for (let room = SOME; ; ) {
    const programs = new Uint32Array(room);
    const links = new Uint32Array(room);
    const flags = new Uint32Array(room);
    const request = new Request(kernel.transport, "prog_query")
      .u32("target_fd", target)
      .u32("attach_type", ATTACH_TYPE[attachType])
      .u32("query_flags", effective ? EFFECTIVE : 0)
      .pointer("prog_ids", new Uint8Array(programs.buffer))
      .u32("count", room);
    if (details) request.pointer("prog_attach_flags", new Uint8Array(flags.buffer));
    if (details && isOfInterface(attachType)) request.pointer("link_ids", new Uint8Array(links.buffer));
    const result = request.send();
    const count = request.read("count");
    if (result === -ERRNO.ENOSPC && count > room) {
      room = count;
      continue;
    }
    if (result < 0 && details && (result === -ERRNO.EINVAL || result === -ERRNO.E2BIG)) {
      // Before 6.0 there were no flags of each.
      details = false;
      continue;
    }
    if (result === -ERRNO.EPERM) throw explainRefusal(kernel.facts, what, ["CAP_NET_ADMIN"], request.error(result));
    if (result < 0 && ABSENT.has(-result)) return null;
    if (result < 0) throw request.error(result);
    return {
      programs: [...programs.subarray(0, count)].map((program, at) => ({
        program,
        link: links[at] || null,
        flags: flags[at] ?? 0,
      })),
      flags: request.read("attach_flags"),
      revision: request.readU64("revision"),
    };
  }
}

const isOfInterface = (attachType: AttachType): boolean => /^(tcx|netkit)_/.test(attachType);
