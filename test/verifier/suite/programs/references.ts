/** What a program takes it must give back: ring buffer records, sockets; and storage. */

import { Rules } from "../case.ts";
import { OUT, times } from "./text.ts";

export const references = new Rules("references", { type: "sched_cls" });

const RETURN = "; r0 = 0; exit";
const RESERVE = "r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; ";
const SUBMIT = "r1 = r0; r2 = 0; call bpf_ringbuf_submit; ";
/** Looks up a socket; the context is in r6. */
const LOOKUP = `${times(5, (i) => `*(u64 *)(r10 ${-8 * (i + 1)}) = 0`)}; r6 = r1; r2 = r10; r2 += -40; r3 = 12; r4 = -1; r5 = 0; call bpf_sk_lookup_tcp; `;
const RELEASE = "r1 = r0; call bpf_sk_release; ";

references
  .rule(
    "ring buffer records",
    {
      submitted: `${RESERVE}if r0 == 0 goto out; *(u64 *)(r0 +8) = 1; ${SUBMIT}${OUT}`,
      discarded: `${RESERVE}if r0 == 0 goto out; r1 = r0; r2 = 0; call bpf_ringbuf_discard${OUT}`,
      "on both paths": `r6 = *(u32 *)(r1 +0); ${RESERVE}if r0 == 0 goto out; r1 = r0; r2 = 0; if r6 == 0 goto a; call bpf_ringbuf_submit; goto out; a: call bpf_ringbuf_discard${OUT}`,
      "through a copy": `${RESERVE}r6 = r0; if r6 == 0 goto out; r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}`,
      spilled: `${RESERVE}*(u64 *)(r10 -8) = r0; if r0 == 0 goto out; r1 = *(u64 *)(r10 -8); r2 = 0; call bpf_ringbuf_submit${OUT}`,
      two: `${RESERVE}r6 = r0; if r0 == 0 goto out; ${RESERVE}r7 = r0; r1 = r6; r2 = 0; call bpf_ringbuf_submit; if r7 == 0 goto out; r1 = r7; r2 = 0; call bpf_ringbuf_submit${OUT}`,
      "in a function": `${RESERVE}if r0 == 0 goto out; r1 = r0; call sub${OUT}; sub: r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "taken by a function": `call sub; if r0 == 0 goto out; ${SUBMIT}${OUT}; sub: ${RESERVE}exit`,
      "as a value for a helper": `${RESERVE}if r0 == 0 goto out; r6 = r0; *(u64 *)(r10 -8) = 0; r3 = r6; r2 = r10; r2 += -8; r4 = 0; r1 = map hash8; call bpf_map_update_elem; r1 = r6; r2 = 0; call bpf_ringbuf_discard${OUT}`,
      "compared with zero only": `${RESERVE}if r0 != 0 goto a; r0 = 0; exit; a: ${SUBMIT}${OUT}`,
      "output of a whole record": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = 8; r4 = 0; r1 = map ringbuf; call bpf_ringbuf_output${RETURN}`,
      query: `r1 = map ringbuf; r2 = 0; call bpf_ringbuf_query${RETURN}`,
    },
    {
      "not given back": `${RESERVE}r0 = 0; exit`,
      "not given back when there": `${RESERVE}if r0 == 0 goto out; *(u64 *)(r0 +8) = 1${OUT}`,
      "not checked": `${RESERVE}${SUBMIT}r0 = 0; exit`,
      twice: `${RESERVE}if r0 == 0 goto out; r6 = r0; r1 = r6; r2 = 0; call bpf_ringbuf_submit; r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}`,
      "used afterwards": `${RESERVE}if r0 == 0 goto out; r6 = r0; r1 = r6; r2 = 0; call bpf_ringbuf_submit; r1 = *(u64 *)(r6 +0)${OUT}`,
      "spilled copy used afterwards": `${RESERVE}if r0 == 0 goto out; *(u64 *)(r10 -8) = r0; ${SUBMIT}r6 = *(u64 *)(r10 -8); r1 = *(u64 *)(r6 +0)${OUT}`,
      moved: `${RESERVE}if r0 == 0 goto out; r1 = r0; r1 += 8; r2 = 0; call bpf_ringbuf_submit${OUT}`,
      "written beyond": `${RESERVE}if r0 == 0 goto out; *(u64 *)(r0 +16) = 1; ${SUBMIT}${OUT}`,
      "written before": `${RESERVE}if r0 == 0 goto out; *(u64 *)(r0 -8) = 1; ${SUBMIT}${OUT}`,
      "the stack": `r1 = r10; r1 += -8; r2 = 0; call bpf_ringbuf_submit${RETURN}`,
      null: `r1 = 0; r2 = 0; call bpf_ringbuf_submit${RETURN}`,
      overwritten: `${RESERVE}if r0 == 0 goto out; r0 = 0${OUT}`,
      "a variable size": `r2 = *(u32 *)(r1 +0); r2 &= 15; r1 = map ringbuf; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; ${SUBMIT}${OUT}`,
      "on one path only": `r6 = *(u32 *)(r1 +0); ${RESERVE}if r0 == 0 goto out; if r6 == 0 goto out; ${SUBMIT}${OUT}`,
      "from a hash": `r1 = map hash8; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; ${SUBMIT}${OUT}`,
      "leaked by a function": `call sub${OUT}; sub: ${RESERVE}r0 = 0; exit`,
      "leaked before a tail call": `r6 = r1; ${RESERVE}if r0 == 0 goto out; r7 = r0; r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; r1 = r7; r2 = 0; call bpf_ringbuf_submit${OUT}`,
      "leaked in a loop": `r6 = 0; a: ${RESERVE}r6 += 1; if r6 < 3 goto a; r0 = 0; exit`,
      "a value of a map": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; if r0 == 0 goto out; ${SUBMIT}${OUT}`,
      "a packet load in between": `r6 = r1; ${RESERVE}if r0 == 0 goto out; r7 = r0; r0 = *(u8 *)skb[0]; r1 = r7; r2 = 0; call bpf_ringbuf_submit${OUT}`,
      "stored in a map": `${RESERVE}if r0 == 0 goto out; r6 = value array48; *(u64 *)(r6 +0) = r0${OUT}`,
      "a pointer in the record, then lost": `${RESERVE}if r0 == 0 goto out; r1 = *(u64 *)(r0 +0); r1 = *(u64 *)(r1 +0); ${SUBMIT}${OUT}`,
    },
  )
  .rule(
    "sockets",
    {
      released: `${LOOKUP}if r0 == 0 goto out; ${RELEASE}${OUT}`,
      read: `${LOOKUP}if r0 == 0 goto out; r7 = *(u32 *)(r0 +4); ${RELEASE}${OUT}`,
      "to a full socket and back": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r0; call bpf_sk_fullsock; r1 = r7; call bpf_sk_release${OUT}`,
      "to a TCP socket": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r0; call bpf_tcp_sock; if r0 == 0 goto a; r1 = *(u32 *)(r0 +0); a: r1 = r7; call bpf_sk_release${OUT}`,
      UDP: `${LOOKUP.replace("tcp", "udp")}if r0 == 0 goto out; ${RELEASE}${OUT}`,
      assigned: `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r6; r2 = r7; r3 = 0; call bpf_sk_assign; r1 = r7; call bpf_sk_release${OUT}`,
      "a common socket": `${LOOKUP.replace("bpf_sk_lookup_tcp", "bpf_skc_lookup_tcp")}if r0 == 0 goto out; r7 = *(u32 *)(r0 +4); ${RELEASE}${OUT}`,
      "the listener of a socket": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r0; call bpf_get_listener_sock; r1 = r7; call bpf_sk_release${OUT}`,
      "common socket where a full one is needed": `${LOOKUP.replace("bpf_sk_lookup_tcp", "bpf_skc_lookup_tcp")}if r0 == 0 goto out; r7 = *(u32 *)(r0 +44); ${RELEASE}${OUT}`,
    },
    {
      "not released": `${LOOKUP}r0 = 0; exit`,
      "not checked": `${LOOKUP}${RELEASE}r0 = 0; exit`,
      "released twice": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r7; call bpf_sk_release; r1 = r7; call bpf_sk_release${OUT}`,
      "read after release": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r7; call bpf_sk_release; r1 = *(u32 *)(r7 +4)${OUT}`,
      written: `${LOOKUP}if r0 == 0 goto out; *(u32 *)(r0 +4) = 1; ${RELEASE}${OUT}`,
      "read beyond": `${LOOKUP}if r0 == 0 goto out; r7 = *(u32 *)(r0 +200); ${RELEASE}${OUT}`,
      "read in a wrong width": `${LOOKUP}if r0 == 0 goto out; r7 = *(u64 *)(r0 +0); ${RELEASE}${OUT}`,
      moved: `${LOOKUP}if r0 == 0 goto out; r0 += 4; r7 = *(u32 *)(r0 +0); r0 += -4; ${RELEASE}${OUT}`,
      "TCP socket not checked": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r0; call bpf_tcp_sock; r1 = *(u32 *)(r0 +0); r1 = r7; call bpf_sk_release${OUT}`,
      "TCP socket after release": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r0; call bpf_tcp_sock; if r0 == 0 goto a; r8 = r0; r1 = r7; call bpf_sk_release; r1 = *(u32 *)(r8 +0); goto out; a: r1 = r7; call bpf_sk_release${OUT}`,
      "released as a TCP socket, then read": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r0; call bpf_tcp_sock; if r0 == 0 goto a; r1 = r0; call bpf_sk_release; r1 = *(u32 *)(r7 +4); goto out; a: r1 = r7; call bpf_sk_release${OUT}`,
      "the context's socket released": `r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_sk_release${OUT}`,
      "a number released": `r1 = 1; call bpf_sk_release${RETURN}`,
      "null released": `r1 = 0; call bpf_sk_release${RETURN}`,

      "flags too large": `${LOOKUP.replace("r5 = 0", "r5 = r10")}if r0 == 0 goto out; ${RELEASE.replace("call", "r9 = r8; call")}${OUT}`,
      "tuple too short on the stack": `r6 = r1; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = 12; r4 = -1; r5 = 0; call bpf_sk_lookup_tcp; if r0 == 0 goto out; ${RELEASE}${OUT}`,
      "leaked before a tail call": `${LOOKUP}if r0 == 0 goto out; r7 = r0; r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; r1 = r7; call bpf_sk_release${OUT}`,
    },
  )
  .rule(
    "the socket of a packet",
    {
      read: "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; r2 = *(u32 *)(r1 +4); out: r0 = 0; exit",
      "to a full socket":
        "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_sk_fullsock; if r0 == 0 goto out; r2 = *(u32 *)(r0 +44); out: r0 = 0; exit",
      TCP: "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_tcp_sock; if r0 == 0 goto out; r2 = *(u32 *)(r0 +0); out: r0 = 0; exit",
      "a field of full sockets": "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; r2 = *(u32 *)(r1 +44); out: r0 = 0; exit",
    },
    {
      "not checked": "r1 = *(u64 *)(r1 +168); r2 = *(u32 *)(r1 +4); r0 = 0; exit",

      "full socket not checked":
        "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_sk_fullsock; r2 = *(u32 *)(r0 +44); out: r0 = 0; exit",
      "maybe null to a helper": "r1 = *(u64 *)(r1 +168); call bpf_sk_fullsock; r0 = 0; exit",
      written: "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; *(u32 *)(r1 +4) = 1; out: r0 = 0; exit",
      "two sockets mixed":
        "r6 = *(u64 *)(r1 +168); r7 = *(u64 *)(r1 +168); if r6 == 0 goto out; r2 = *(u32 *)(r7 +4); out: r0 = 0; exit",
    },
  )
  .rule(
    "socket storage",
    {
      found:
        "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_sk_fullsock; if r0 == 0 goto out; r2 = r0; r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; if r0 == 0 goto out; r1 = *(u32 *)(r0 +0); out: r0 = 0; exit",
      "of a common socket":
        "r2 = *(u64 *)(r1 +168); if r2 == 0 goto out; r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; out: r0 = 0; exit",
      deleted: "r2 = *(u64 *)(r1 +168); if r2 == 0 goto out; r1 = map sk_storage; call bpf_sk_storage_delete; out: r0 = 0; exit",
    },
    {
      "not checked":
        "r2 = *(u64 *)(r1 +168); if r2 == 0 goto out; r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; r1 = *(u32 *)(r0 +0); out: r0 = 0; exit",
      "of no socket": "r2 = 0; r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; r0 = 0; exit",
      "of the context": "r2 = r1; r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; r0 = 0; exit",
      "of a socket that may be null":
        "r2 = *(u64 *)(r1 +168); r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; r0 = 0; exit",
      "in an array":
        "r2 = *(u64 *)(r1 +168); if r2 == 0 goto out; r1 = map array48; r3 = 0; r4 = 1; call bpf_sk_storage_get; out: r0 = 0; exit",
      "looked up": "*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sk_storage; call bpf_map_lookup_elem; r0 = 0; exit",
      "lock in it read":
        "r2 = *(u64 *)(r1 +168); if r2 == 0 goto out; r1 = map sk_storage; r3 = 0; r4 = 1; call bpf_sk_storage_get; if r0 == 0 goto out; r1 = *(u32 *)(r0 +4); out: r0 = 0; exit",
      "initial value too small":
        "r2 = *(u64 *)(r1 +168); if r2 == 0 goto out; r1 = map sk_storage; *(u64 *)(r10 -8) = 0; r3 = r10; r3 += -8; r4 = 1; call bpf_sk_storage_get; out: r0 = 0; exit",
    },
  );

references
  .rule(
    "sockets of maps",
    {
      "looked up and released": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = r0; call bpf_sk_release${OUT}`,
      redirected: `r2 = map sockets; r3 = 0; r4 = 0; call bpf_sk_redirect_map; exit`,
      "redirected by hash": `*(u32 *)(r10 -4) = 0; r2 = map sockets_hash; r3 = r10; r3 += -4; r4 = 0; call bpf_sk_redirect_hash; exit`,
    },
    {
      "looked up, not released": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = *(u32 *)(r0 +4)${OUT}`,
      "redirected to an array": `r2 = map array8; r3 = 0; r4 = 0; call bpf_sk_redirect_map; exit`,
      "redirected to the wrong kind": `r2 = map sockets_hash; r3 = 0; r4 = 0; call bpf_sk_redirect_map; exit`,
    },
    { type: "sk_skb", attachType: "sk_skb_stream_verdict" },
  )
  .rule(
    "redirects of XDP",
    {
      "to a device": "r1 = map devices; r2 = 0; r3 = 0; call bpf_redirect_map; exit",
      "to a CPU": "r1 = map cpus; r2 = 0; r3 = 0; call bpf_redirect_map; exit",
      "to a socket": "r1 = map xsks; r2 = 0; r3 = 0; call bpf_redirect_map; exit",
      "device looked up": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map devices; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = *(u32 *)(r0 +0)${OUT}`,
      "XDP socket looked up": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map xsks; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = *(u32 *)(r0 +0)${OUT}`,
    },
    {
      "to an array": "r1 = map array8; r2 = 0; r3 = 0; call bpf_redirect_map; exit",
      "to a socket map": "r1 = map sockets; r2 = 0; r3 = 0; call bpf_redirect_map; exit",
      "device written": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map devices; call bpf_map_lookup_elem; if r0 == 0 goto out; *(u32 *)(r0 +0) = 1${OUT}`,
      "XDP socket beyond": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map xsks; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = *(u32 *)(r0 +4)${OUT}`,
      "XDP socket not checked": `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map xsks; call bpf_map_lookup_elem; r1 = *(u32 *)(r0 +0)${OUT}`,
    },
    { type: "xdp" },
  )
  .rule(
    "storage of cgroups",
    {
      read: "r1 = map cgroup_storage; r2 = 0; call bpf_get_local_storage; r1 = *(u32 *)(r0 +0); r0 = 1; exit",
      "per CPU": "r1 = map percpu_cgroup_storage; r2 = 0; call bpf_get_local_storage; r1 = *(u32 *)(r0 +60); r0 = 1; exit",
    },
    {
      beyond: "r1 = map cgroup_storage; r2 = 0; call bpf_get_local_storage; r1 = *(u32 *)(r0 +64); r0 = 1; exit",
      before: "r1 = map cgroup_storage; r2 = 0; call bpf_get_local_storage; r1 = *(u32 *)(r0 -4); r0 = 1; exit",
      flags: "r1 = map cgroup_storage; r2 = 1; call bpf_get_local_storage; r1 = *(u32 *)(r0 +0); r0 = 1; exit",
      "flags unknown": "r2 = *(u32 *)(r1 +0); r1 = map cgroup_storage; call bpf_get_local_storage; r0 = 1; exit",
      "an array": "r1 = map array48; r2 = 0; call bpf_get_local_storage; r0 = 1; exit",
      "looked up":
        "*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -16; r1 = map cgroup_storage; call bpf_map_lookup_elem; r0 = 1; exit",
      "r0 for a pointer": "r1 = map cgroup_storage; r2 = 0; call bpf_get_local_storage; exit",
    },
    { type: "cgroup_skb", attachType: "cgroup_inet_ingress" },
  )
  .rule(
    "user ring buffers",
    {
      drained:
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r0 = 0; exit",
    },
    {
      "a ring buffer":
        "r1 = map ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r0 = 0; exit",
    },
  );
