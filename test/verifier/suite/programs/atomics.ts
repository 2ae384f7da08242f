/** Atomics, acquiring loads and releasing stores, by the kind of memory. */

import { Rules } from "../case.ts";

/** r6 is the context, r0 the first value of a map whose keys have 8 bytes. */
const found = (map: string, text: string) =>
  `r6 = r1; r2 = r10; r2 += -8; *(u64 *)(r10 -8) = 0; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto out; ${text}; out: r0 = 0; exit`;
/** r6 is where a packet begins, r7 where it ends. */
const packet = (text: string) => `r0 = 0; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); ${text}; exit`;
/** r1 is the packet's socket. */
const socket = (text: string) => `r6 = r1; r0 = 0; r1 = *(u64 *)(r6 +168); if r1 == 0 goto out; ${text}; out: r0 = 0; exit`;
const fullSocket = (text: string) => socket(`call bpf_sk_fullsock; if r0 == 0 goto out; r1 = r0; ${text}`);

export const atomics = new Rules("core");

atomics
  .rule(
    "atomics by kind of memory",
    {
      added: "*(u64 *)(r10 -8) = 1; r1 = 2; lock *(u64 *)(r10 -8) += r1; r0 = *(u64 *)(r10 -8); exit",
      "added to what was not written": "r1 = 2; lock *(u64 *)(r10 -8) += r1; r0 = *(u64 *)(r10 -8); exit",
      "32 bits added to 64": "*(u64 *)(r10 -8) = 1; r1 = 2; lock *(u32 *)(r10 -8) += r1; r0 = *(u64 *)(r10 -8); exit",
      "fetched in 32 bits": "*(u32 *)(r10 -8) = 1; r1 = 2; r1 = atomic_fetch_add((u32 *)(r10 -8), r1); r0 = 0; exit",
      compared: "*(u64 *)(r10 -8) = 1; r0 = 3; r1 = 2; r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1); r0 = 0; exit",
      "compared in 32 bits": "*(u32 *)(r10 -8) = 1; r0 = 3; r1 = 2; r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1); r0 = 0; exit",
      "of a value": found(
        "array48",
        "r1 = 1; lock *(u64 *)(r0 +8) += r1; lock *(u32 *)(r0 +4) += r1; r1 = atomic64_xchg((u64 *)(r0 +0), r1)",
      ),
      "acquired from the stack":
        "*(u64 *)(r10 -8) = 7; r1 = load_acquire((u64 *)(r10 -8)); r2 = load_acquire((u8 *)(r10 -8)); r0 = 0; exit",
      "released to the stack":
        "r1 = 5; store_release((u64 *)(r10 -8), r1); store_release((u32 *)(r10 -16), r1); r0 = *(u64 *)(r10 -8); exit",
      "a pointer exchanged into a value": found("array48", "r1 = r6; r1 = atomic64_xchg((u64 *)(r0 +0), r1)"),
      "acquired from a value into its pointer": found("array48", "r0 = load_acquire((u64 *)(r0 +0))"),
      "acquired from the context into its pointer": "r1 = load_acquire((u32 *)(r1 +0)); r0 = 0; exit",
    },
    {
      "from nothing": "lock *(u64 *)(r10 -8) += r2; r0 = 0; exit",
      "to nothing": "r2 = 1; lock *(u64 *)(r3 -8) += r2; r0 = 0; exit",
      "compared with nothing": "*(u64 *)(r10 -8) = 1; r1 = 2; r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1); r0 = 0; exit",
      "a value, misaligned": found("array48", "r1 = 1; lock *(u64 *)(r0 +4) += r1"),
      "into the frame pointer": "r1 = 1; r10 = atomic64_xchg((u64 *)(r10 -8), r10); r0 = 0; exit",
      "the pointer exchanged with itself": "r1 = r10; r1 += -8; r1 = atomic64_xchg((u64 *)(r1 +0), r1); r0 = 0; exit",
      "the pointer compared with itself": found("array48", "r1 = 1; r0 = atomic64_cmpxchg((u64 *)(r0 +0), r0, r1)"),
      "of a read-only value": found("readonly", "r1 = 1; lock *(u64 *)(r0 +0) += r1"),
      "released to the context": "r2 = 1; store_release((u32 *)(r1 +48), r2); r0 = 0; exit",
      "acquired into the frame pointer": "r10 = load_acquire((u64 *)(r10 -8)); r0 = 0; exit",
      "acquired, misaligned": found("array48", "r1 = load_acquire((u64 *)(r0 +4))"),
      "released to a read-only value": found("readonly", "r1 = 1; store_release((u64 *)(r0 +0), r1)"),
      "of a number": "r1 = 1; r2 = 8; lock *(u64 *)(r2 +0) += r1; r0 = 0; exit",
      "of a lock": found("lock", "r1 = 1; lock *(u32 *)(r0 +4) += r1"),
      "of a byte": ["7a0af8ff00000000", "b701000002000000", "d31af8ff00000000", "b700000000000000", "9500000000000000"],
    },
  )
  .rule(
    "atomics on packets and sockets",
    {},
    {
      added: packet("r2 = r6; r2 += 14; if r2 > r7 goto +2; r3 = 1; lock *(u32 *)(r6 +0) += r3"),
      acquired: packet("r2 = r6; r2 += 14; if r2 > r7 goto +1; r3 = load_acquire((u32 *)(r6 +0))"),
      released: packet("r2 = r6; r2 += 14; if r2 > r7 goto +2; r3 = 1; store_release((u32 *)(r6 +0), r3)"),
      "added to a socket": fullSocket("r3 = 1; lock *(u32 *)(r1 +16) += r3"),
      "acquired from a socket": fullSocket("r3 = load_acquire((u32 *)(r1 +16))"),
    },
    { type: "sched_cls" },
  );
