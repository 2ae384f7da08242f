/** Sockets: looked up, cast, released; storage and maps of them. */

import { Rules } from "../case.ts";

/** An address to look up, and the rest of the arguments. */
const TUPLE = "*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -16; r3 = 12; r4 = 0; r5 = 0;";

export const sockets = new Rules("references");

sockets
  .rule(
    "sockets that were looked up",
    {
      released: `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r1 = r0; call bpf_sk_release; e: r0 = 0; exit`,
      "made full and released": `${TUPLE} call bpf_skc_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_sk_fullsock; r1 = r6; call bpf_sk_release; e: r0 = 0; exit`,
      "released as a full one": `${TUPLE} call bpf_skc_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_sk_fullsock; if r0 == 0 goto f; r1 = r0; call bpf_sk_release; r0 = 0; exit; f: r1 = r6; call bpf_sk_release; e: r0 = 0; exit`,
      "released as a TCP one": `${TUPLE} call bpf_skc_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_tcp_sock; if r0 == 0 goto f; r1 = r0; call bpf_sk_release; r0 = 0; exit; f: r1 = r6; call bpf_sk_release; e: r0 = 0; exit`,
      "released by a function": `${TUPLE} call bpf_sk_lookup_tcp; r1 = r0; call sub; r0 = 0; exit; sub: if r1 == 0 goto f; call bpf_sk_release; f: r0 = 0; exit`,
      "from a function": `${TUPLE} call sub; if r0 == 0 goto e; r1 = r0; call bpf_sk_release; e: r0 = 0; exit; sub: call bpf_sk_lookup_tcp; exit`,
      "checked for not null": `${TUPLE} call bpf_sk_lookup_tcp; if r0 != 0 goto a; r0 = 0; exit; a: r6 = r0; r1 = r6; call bpf_sk_release; r0 = 0; exit`,
      "two of them": `r6 = r1; ${TUPLE} call bpf_sk_lookup_tcp; r7 = r0; r1 = r6; ${TUPLE} call bpf_sk_lookup_udp; if r0 == 0 goto f; r1 = r0; call bpf_sk_release; f: if r7 == 0 goto e; r1 = r7; call bpf_sk_release; e: r0 = 0; exit`,
      assigned: `r6 = r1; ${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r7 = r0; r1 = r6; r2 = r7; r3 = 0; call bpf_sk_assign; r1 = r7; call bpf_sk_release; e: r0 = 0; exit`,
      "the context's cookie": `call bpf_get_socket_cookie; r0 = 0; exit`,
    },
    {
      leaked: `${TUPLE} call bpf_sk_lookup_tcp; r0 = 0; exit`,
      "leaked where there is one": `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r1 = *(u32 *)(r0 +0); e: r0 = 0; exit`,
      "not checked": `${TUPLE} call bpf_sk_lookup_tcp; r1 = r0; call bpf_sk_release; r0 = 0; exit`,
      "released twice": `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_sk_release; r1 = r6; call bpf_sk_release; e: r0 = 0; exit`,
      "read after release": `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_sk_release; r0 = *(u32 *)(r6 +0); e: r0 = 0; exit`,
      "moved, then released": `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r1 = r0; r1 += 8; call bpf_sk_release; e: r0 = 0; exit`,
      "a TCP one read after release": `${TUPLE} call bpf_skc_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_tcp_sock; r7 = r0; r1 = r6; call bpf_sk_release; if r7 == 0 goto e; r0 = *(u32 *)(r7 +0); e: r0 = 0; exit`,
      "the listener released": `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_get_listener_sock; if r0 == 0 goto f; r1 = r0; call bpf_sk_release; r0 = 0; exit; f: r1 = r6; call bpf_sk_release; e: r0 = 0; exit`,
      "kept over a tail call": `r6 = r1; ${TUPLE} call bpf_sk_lookup_tcp; r7 = r0; r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; if r7 == 0 goto e; r1 = r7; call bpf_sk_release; e: r0 = 0; exit`,
      "kept over a packet load": `r6 = r1; ${TUPLE} call bpf_sk_lookup_tcp; r7 = r0; r0 = *(u8 *)skb[0]; if r7 == 0 goto e; r1 = r7; call bpf_sk_release; e: r0 = 0; exit`,
      "leaked by a function": `${TUPLE} call sub; r0 = 0; exit; sub: call bpf_sk_lookup_tcp; r0 = 0; exit`,
      "null assigned": `r2 = 0; r3 = 0; call bpf_sk_assign; r0 = 0; exit`,
      written: `${TUPLE} call bpf_sk_lookup_tcp; if r0 == 0 goto e; *(u32 *)(r0 +0) = 0; e: r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "sockets as kernel structs",
    {
      read: `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_skc_to_tcp_sock; if r0 == 0 goto e; r0 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
      "with storage": `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_skc_to_tcp_sock; if r0 == 0 goto e; r1 = map sk_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_sk_storage_get; e: r0 = 0; exit`,
      released: `*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -16; r3 = 12; r4 = 0; r5 = 0; call bpf_sk_lookup_tcp; if r0 == 0 goto e; r6 = r0; r1 = r0; call bpf_skc_to_tcp_sock; if r0 == 0 goto f; r1 = r0; call bpf_sk_release; r0 = 0; exit; f: r1 = r6; call bpf_sk_release; e: r0 = 0; exit`,
    },
    {
      "not checked": `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_skc_to_tcp_sock; r0 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "storage of sockets",
    {
      written: `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_sk_fullsock; if r0 == 0 goto e; r1 = map sk_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_sk_storage_get; if r0 == 0 goto e; *(u32 *)(r0 +0) = 1; e: r0 = 0; exit`,
      "with a first value": `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_sk_fullsock; if r0 == 0 goto e; r1 = map sk_storage; r2 = r0; r3 = r10; r3 += -64; r4 = 1; call bpf_sk_storage_get; e: r0 = 0; exit`,
      deleted: `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_sk_fullsock; if r0 == 0 goto e; r1 = map sk_storage; r2 = r0; call bpf_sk_storage_delete; e: r0 = 0; exit`,
    },
    {
      "of a socket that may be null": `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_sk_fullsock; r1 = map sk_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_sk_storage_get; e: r0 = 0; exit`,
      "in a hash": `r6 = *(u64 *)(r1 +168); if r6 == 0 goto e; r1 = r6; call bpf_sk_fullsock; if r0 == 0 goto e; r1 = map hash8; r2 = r0; r3 = 0; r4 = 1; call bpf_sk_storage_get; e: r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "maps of sockets",
    {
      "looked up and released": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; call bpf_sk_release; e: r0 = 0; exit`,
      redirected: `r2 = map sockets; r3 = 0; r4 = 0; call bpf_sk_redirect_map; exit`,
    },
    {
      "looked up and leaked": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_lookup_elem; r0 = 0; exit`,
      "updated by sk_skb": `r6 = r1; *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_lookup_elem; if r0 == 0 goto e; r7 = r0; r1 = map sockets; r2 = r10; r2 += -4; r3 = r7; r4 = 0; call bpf_map_update_elem; r1 = r7; call bpf_sk_release; e: r0 = 0; exit`,
      "redirected by the wrong kind": `r2 = map sockets_hash; r3 = 0; r4 = 0; call bpf_sk_redirect_map; exit`,
    },
    { type: "sk_skb" },
  )
  .rule(
    "maps of sockets",
    {
      "updated by tc": `r6 = r1; *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_lookup_elem; if r0 == 0 goto e; r7 = r0; r1 = map sockets; r2 = r10; r2 += -4; r3 = r7; r4 = 0; call bpf_map_update_elem; r1 = r7; call bpf_sk_release; e: r0 = 0; exit`,
    },
    {
      "updated with the stack": `r6 = r1; *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sockets; r3 = r2; r4 = 0; call bpf_map_update_elem; r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "maps of sockets",
    {
      selected: `*(u32 *)(r10 -4) = 0; r3 = r10; r3 += -4; r2 = map reuseport; r4 = 0; call bpf_sk_select_reuseport; r0 = 1; exit`,
    },
    {
      "selected from an array": `*(u32 *)(r10 -4) = 0; r3 = r10; r3 += -4; r2 = map array4; r4 = 0; call bpf_sk_select_reuseport; r0 = 1; exit`,
    },
    { type: "sk_reuseport", attachType: "sk_reuseport_select" },
  )
  .rule(
    "maps of sockets",
    {
      "nothing assigned": `r2 = 0; r3 = 0; call bpf_sk_assign; r0 = 1; exit`,
    },
    {},
    { type: "sk_lookup", attachType: "sk_lookup" },
  )
  .rule(
    "values of XDP's maps",
    {
      "a socket read": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map xsks; call bpf_map_lookup_elem; if r0 == 0 goto e; r0 = *(u32 *)(r0 +0); e: r0 = 2; exit`,
      "a device read": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map devices8; call bpf_map_lookup_elem; if r0 == 0 goto e; r0 = *(u32 *)(r0 +0); e: r0 = 2; exit`,
    },
    {
      "a socket written": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map xsks; call bpf_map_lookup_elem; if r0 == 0 goto e; *(u32 *)(r0 +0) = 0; e: r0 = 2; exit`,
      "a device written": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map devices8; call bpf_map_lookup_elem; if r0 == 0 goto e; *(u32 *)(r0 +0) = 0; e: r0 = 2; exit`,
    },
    { type: "xdp" },
  );
