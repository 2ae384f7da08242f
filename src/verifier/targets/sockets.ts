/** What may be read of sockets that a program holds pointers to: `bpf_sock_is_valid_access` and its like in net/core/filter.c. */

import { BASE_TYPE, PTR_TO_SOCK_COMMON, PTR_TO_SOCKET, PTR_TO_TCP_SOCK, PTR_TO_XDP_SOCK } from "../state/types.ts";
import type { ContextAccess } from "../target.ts";
import { type Access, compileRules } from "./contexts.ts";

/** `struct bpf_sock`: words; addresses, and the start of most others, also narrower. The two bytes after dst_port are nothing. */
const SOCKET = "r4 0-76/4;r2 4,8,12,24-44/2,48,52-72/2,76;r1 4,8,12,24-44,48,49,52-72,76";
/** Of a socket that may be a request or a time-wait one: not the fields from `type` to `priority`. */
const SOCK_COMMON = "r4 0,4,24-76/4;r2 4,24-44/2,48,52-72/2,76;r1 4,24-44,48,49,52-72,76";
/** `struct bpf_tcp_sock`: words, and two counters of 8 bytes. */
const TCP_SOCK = "r4 0-76/4,96-108/4;r8 80,88";
/** `struct bpf_xdp_sock`: queue_id. */
const XDP_SOCK = "r4 0";

let rules: ReadonlyMap<number, Access> | null = null;

export function socketAccess(type: number, offset: number, size: number): ContextAccess | null {
  rules ??= new Map([
    [PTR_TO_SOCKET, compileRules(SOCKET, 80)],
    [PTR_TO_SOCK_COMMON, compileRules(SOCK_COMMON, 80)],
    [PTR_TO_TCP_SOCK, compileRules(TCP_SOCK, 112)],
    [PTR_TO_XDP_SOCK, compileRules(XDP_SOCK, 4)],
  ]);
  return rules.get(type & BASE_TYPE)?.(offset, size, false) ?? null;
}
