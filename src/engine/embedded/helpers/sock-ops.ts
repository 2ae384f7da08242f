/** Helpers of programs on TCP connections (net/core/filter.c, Linux 6.18). */

import { SOCK_OPS } from "../../../uapi/contexts/cgroup.ts";
import { fieldOf } from "../../../uapi/contexts/struct.ts";
import { EINVAL } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** BPF_SOCK_OPS_ALL_CB_FLAGS of linux/bpf.h. */
const ALL_FLAGS = 0x7f;

const FULL_SOCKET = fieldOf(SOCK_OPS, "is_fullsock").offset;
const FLAGS = fieldOf(SOCK_OPS, "bpf_sock_ops_cb_flags").offset;

/** What tells one connection from another, by offset: the room has no sockets, but each of their events says whose it is. */
const CONNECTION = ["family", "remote_ip4", "local_ip4", "remote_ip6", "local_ip6", "remote_port", "local_port"].flatMap(
  (name) => {
    const { offset, size } = fieldOf(SOCK_OPS, name);
    return Array.from({ length: size / 4 }, (_, word) => offset + 4 * word);
  },
);

/** FNV-1a over words. */
function mixed(call: HelperCall, basis: number): number {
  const { view } = call.memory;
  let hash = basis;
  for (const offset of CONNECTION) hash = Math.imul(hash ^ view.getUint32(call.space.contextStart + offset, true), 0x0100_0193);
  return hash ^ (hash >>> 15);
}

export const sockOpsHelpers: readonly Helper[] = [
  /** The same for all events of one connection, another for another. Linux 4.12; for sock_ops 4.19. */
  helper("bpf_get_socket_cookie", ["context"], "u64", (call) => {
    call.high = mixed(call, 0x811c_9dc5) >>> 0;
    return mixed(call, 0x050c_5d1f);
  }),
  /** The flags stand in the context from now on; the host looks there for what it shall tell of. Linux 4.16. */
  helper("bpf_sock_ops_cb_flags_set", ["context", "number"], "int", (call, _context, flags) => {
    const { view } = call.memory;
    const base = call.space.contextStart;
    if (view.getUint32(base + FULL_SOCKET, true) === 0) return -EINVAL;
    view.setUint32(base + FLAGS, flags & ALL_FLAGS, true);
    return flags & ~ALL_FLAGS;
  }),
];
