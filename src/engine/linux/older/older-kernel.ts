/**
 * What older kernels need done otherwise, as libbpf does it. Read only where a kernel is old, or said no to types: nobody else pays for it.
 */

import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { AttachType } from "../../../uapi/attach-types.ts";
import { HELPER } from "../../../uapi/helpers.ts";
import type { Facts } from "../facts.ts";
import type { Kernel } from "../kernel.ts";
import { kernelVersion } from "../kernel-version.ts";
import { atLeast } from "../release.ts";
import { olderTypes } from "./older-types.ts";

/** What an old kernel is given in the place of what a Spec says. */
export interface OlderKernel {
  types(kernel: Kernel, btf: Uint8Array): OlderTypes | null;
  code(facts: Facts, code: Uint8Array): void;
  attachType(facts: Facts, program: ProgramSpec): AttachType | null;
  /** What `BPF_PROG_LOAD` of kprobes before 5.0 compares with the running kernel. */
  version(facts: Facts, spec: Spec): number;
  /** Tries to lift this process's limit of locked memory, once; true when that was done now. */
  raiseMemoryLimit(kernel: Kernel): boolean;
}

export interface OlderTypes {
  readonly btf: Uint8Array;
  /** False: programs have no types of functions there, and so no source lines. */
  readonly functions: boolean;
}

/** `SEC_ATTACHABLE_OPT` of libbpf: what a program of these is for, its type says as well. */
const OPTIONAL: ReadonlySet<AttachType | null> = new Set<AttachType>([
  "xdp",
  "cgroup_sock_ops",
  "sk_skb_stream_parser",
  "sk_skb_stream_verdict",
  "sk_skb_verdict",
  "sk_msg_verdict",
  "lirc_mode2",
  "flow_dissector",
  "cgroup_inet_ingress",
  "cgroup_inet_egress",
  "cgroup_inet_sock_create",
  "cgroup_device",
]);

/** `bpf_object__sanitize_prog`: before 5.5 the same helper read the kernel's memory and user memory. */
const PROBE_READS: ReadonlyMap<number, number> = new Map([
  [HELPER.bpf_probe_read_kernel, HELPER.bpf_probe_read],
  [HELPER.bpf_probe_read_user, HELPER.bpf_probe_read],
  [HELPER.bpf_probe_read_kernel_str, HELPER.bpf_probe_read_str],
  [HELPER.bpf_probe_read_user_str, HELPER.bpf_probe_read_str],
]);

const CALL = 0x85;
const WIDE_LOAD = 0x18;

export const OLDER: OlderKernel = {
  types: olderTypes,
  code(facts, code) {
    if (atLeast(facts.release, "5.5")) return;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    for (let at = 0; at + 8 <= code.length; at += 8) {
      const opcode = view.getUint8(at);
      const older =
        opcode === CALL && view.getUint8(at + 1) >> 4 === 0 ? PROBE_READS.get(view.getInt32(at + 4, true)) : undefined;
      if (older !== undefined) view.setInt32(at + 4, older, true);
      if (opcode === WIDE_LOAD) at += 8;
    }
  },
  attachType: ({ release }, { attachType }) => (!atLeast(release, "4.17") && OPTIONAL.has(attachType) ? null : attachType),
  version: (facts, spec) => (atLeast(facts.release, "5.0") ? 0 : (spec.kernelVersion ?? kernelVersion(facts))),
  raiseMemoryLimit({ transport, facts }) {
    // Since 5.11 the cgroup's memory counts.
    if (atLeast(facts.release, "5.11") || raised.has(transport)) return false;
    raised.add(transport);
    return transport.raiseMemoryLimit() >= 0;
  },
};

const raised = new WeakSet<object>();
