/** Values of maps, the maps themselves, a filter's context and packets of tc: accesses up to their limits. */

import { Rules } from "../case.ts";

/** r6 is the context, r0 the first value of a map whose keys have 8 bytes. */
const found = (map: string, text: string) =>
  `r6 = r1; r2 = r10; r2 += -8; *(u64 *)(r10 -8) = 0; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto out; ${text}; out: r0 = 0; exit`;
/** r6 is where a packet begins, r7 where it ends. */
const packet = (text: string) => `r0 = 0; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); ${text}; exit`;

export const values = new Rules("core");

values
  .rule(
    "values of maps",
    {
      "up to its end": found(
        "array48",
        "r1 = *(u64 *)(r0 +40); r2 = *(u8 *)(r0 +47); *(u32 *)(r0 +44) = 1; *(u64 *)(r0 +0) = r6",
      ),
      "a variable offset": found(
        "array48",
        "r1 = *(u32 *)(r6 +0); r1 &= 31; r0 += r1; r2 = *(u64 *)(r0 +9); r3 = *(u8 *)(r0 +16)",
      ),
      "an index that is compared": found("array48", "r1 = *(u32 *)(r6 +0); if r1 > 40 goto out; r0 += r1; r2 = *(u64 *)(r0 +0)"),
      "back and forth": found("array48", "r0 += -8; r2 = *(u64 *)(r0 +8)"),
      "constants in all widths":
        "r1 = value constants +0; r2 = *(u64 *)(r1 +0); r3 = *(u32 *)(r1 +4); r4 = *(u8 *)(r1 +8); r5 = *(s8 *)(r1 +8); r0 = *(u16 *)(r1 +12); r0 = 0; exit",
      "constants at a variable offset":
        "r2 = *(u32 *)(r1 +0); r2 &= 7; r1 = value constants +0; r1 += r2; r3 = *(u8 *)(r1 +0); r0 = 0; exit",
      "constants that were looked up": found("constants", "r1 = *(u32 *)(r0 +4)"),
      "a write-only value": found("writeonly", "*(u32 *)(r0 +4) = 5"),
      "with its sign": found("array48", "r1 = *(s32 *)(r0 +0); r2 = *(s8 *)(r0 +1)"),
      "an index with its sign, in range": found(
        "array48",
        "r1 = *(u32 *)(r6 +0); r1 s>>= 2; if r1 s> 40 goto out; r0 += r1; r2 = *(u64 *)(r0 +0)",
      ),
    },
    {
      "across the lock": found("lock", "r1 = *(u32 *)(r0 +0); r1 = *(u64 *)(r0 +8)"),
      "one byte beyond": found("array48", "r1 = *(u64 *)(r0 +41)"),
      "moved before it": found("array48", "r0 += -8; r1 = *(u64 *)(r0 +0)"),
      null: found("array48", "r0 = 0; r1 = *(u8 *)(r0 +0)"),
      "maybe null":
        "r2 = r10; r2 += -8; *(u64 *)(r10 -8) = 0; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u8 *)(r0 +0); r0 = 0; exit",
      "an index that is too large": found("array48", "r1 = *(u32 *)(r6 +0); r1 &= 63; r0 += r1; r2 = *(u64 *)(r0 +0)"),
      "an index that may be negative": found(
        "array48",
        "r1 = *(u64 *)(r0 +0); if r1 s> 40 goto out; r1 = *(u32 *)(r10 -16); r1 <<= 32; r1 s>>= 40; r0 += r1; r2 = *(u64 *)(r0 +0)",
      ),
      unbounded: found("array48", "r1 = *(u32 *)(r6 +0); r0 += r1; r2 = *(u8 *)(r0 +0)"),
      "read-only": found("readonly", "*(u32 *)(r0 +4) = 5"),
      "write-only": found("writeonly", "r1 = *(u32 *)(r0 +4)"),
      "constants written": "r1 = value constants +0; *(u8 *)(r1 +0) = 1; r0 = 0; exit",
      "the lock": found("lock", "r1 = *(u32 *)(r0 +4)"),
      "a byte of the lock": found("lock", "r1 = *(u8 *)(r0 +7)"),
      "more than the lock": found("lock", "r1 = *(u64 *)(r0 +0)"),
      "maybe the lock": found("lock", "r1 = *(u32 *)(r6 +0); r1 &= 15; r0 += r1; r2 = *(u8 *)(r0 +0)"),
      "the timer": found("timer", "*(u64 *)(r0 +8) = 0"),
      "the work queue": found("work", "r1 = *(u64 *)(r0 +16)"),
      "the resilient lock": found("res_lock", "r1 = *(u64 *)(r0 +8)"),
      "the lock, by a helper": found("lock", "r1 = r0; r2 = 8; r3 = 0; call bpf_trace_printk"),
      "the map itself": "r1 = map array48; *(u32 *)(r1 +0) = 0; r0 = 0; exit",
    },
  )
  .rule(
    "the map itself",
    {
      "a pointer in it": "r1 = map array48; r2 = *(u64 *)(r1 +0); r0 = 0; exit",
      "a number of a hash": "r1 = map hash8; r2 = *(u32 *)(r1 +28); r0 = 0; exit",
      "a number of a ring buffer": "r1 = map ringbuf; r2 = *(u32 *)(r1 +28); r0 = 0; exit",
      "half of a pointer": "r1 = map array48; r2 = *(u32 *)(r1 +0); r0 = 0; exit",
    },
    {
      "in the middle of a field": "r1 = map array48; r2 = *(u32 *)(r1 +36); r0 = 0; exit",
      "zero added": "r1 = map array48; r1 += 0; r2 = *(u32 *)(r1 +36); r0 = 0; exit",
      negative: "r1 = map array48; r2 = *(u32 *)(r1 -4); r0 = 0; exit",
      beyond: "r1 = map array48; r2 = *(u32 *)(r1 +4096); r0 = 0; exit",
      write: "r1 = map array48; r2 = 1; *(u32 *)(r1 +36) = r2; r0 = 0; exit",
    },
    { type: "kprobe" },
  )
  .rule(
    "a filter's context",
    {
      narrow: "r0 = *(u8 *)(r1 +0); r2 = *(u16 *)(r1 +2); exit",
      "its own words": "r2 = 5; *(u32 *)(r1 +48) = r2; r0 = *(u32 *)(r1 +48); exit",
      "its own words, immediates": "*(u32 *)(r1 +48) = 3; r0 = *(u32 *)(r1 +48); exit",
      "with its sign": "r0 = *(s8 *)(r1 +0); r2 = *(s32 *)(r1 +0); exit",
      "a pointer to its own words": "*(u32 *)(r1 +48) = r1; r0 = 0; exit",
    },
    {
      negative: "r1 += -4; r0 = *(u32 *)(r1 +4); exit",
      "forth and back, then forth": "r1 += 8; r1 += -8; r0 = *(u32 *)(r1 +0); r1 += 4; r0 = *(u32 *)(r1 +0); exit",
      "zero added, then one":
        "r2 = 0; r1 += r2; r0 = *(u32 *)(r1 +0); r2 = *(u32 *)(r1 +0); r2 &= 0; r1 += r2; r0 = *(u32 *)(r1 +4); r1 += 1; r0 = *(u8 *)(r1 +0); exit",
    },
  )
  .rule(
    "packets of tc, byte by byte",
    {
      "14 bytes": packet("r2 = r6; r2 += 14; if r2 > r7 goto +2; r3 = *(u8 *)(r6 +13); r3 = *(u16 *)(r6 +12)"),
      write: packet("r2 = r6; r2 += 14; if r2 > r7 goto +2; *(u8 *)(r6 +13) = 1; *(u32 *)(r6 +4) = r2"),
      "from the end of what was checked": packet("r2 = r6; r2 += 8; if r2 > r7 goto +1; r3 = *(u64 *)(r2 -8)"),
      "a variable offset": packet(
        "r3 = *(u32 *)(r1 +0); r3 &= 15; r6 += r3; r2 = r6; r2 += 8; if r2 > r7 goto +1; r3 = *(u64 *)(r6 +0)",
      ),
      misaligned: packet("r2 = r6; r2 += 14; if r2 > r7 goto +1; r3 = *(u32 *)(r6 +3)"),
    },
    {
      "the fifteenth of 14": packet("r2 = r6; r2 += 14; if r2 > r7 goto +1; r3 = *(u8 *)(r6 +14)"),
      unchecked: packet("r3 = *(u8 *)(r6 +0)"),
      "from the packet's end": packet("r3 = *(u8 *)(r7 +0)"),
      "wrong side": packet("r2 = r6; r2 += 14; if r2 < r7 goto +1; r3 = *(u8 *)(r6 +0)"),
      "a variable offset signed": packet(
        "r3 = *(u32 *)(r1 +0); r3 s>>= 1; r6 += r3; r2 = r6; r2 += 8; if r2 > r7 goto +1; r3 = *(u64 *)(r6 +0)",
      ),
      "the branch that was not taken": packet("r2 = r6; r2 += 8; if r2 > r7 goto +1; exit; r3 = *(u8 *)(r2 -1)"),
    },
    { type: "sched_cls" },
  )
  .rule(
    "packets and values, strictly aligned",
    {
      aligned: packet("r2 = r6; r2 += 14; if r2 > r7 goto +1; r3 = *(u32 *)(r6 +2)"),
    },
    {
      misaligned: packet("r2 = r6; r2 += 14; if r2 > r7 goto +1; r3 = *(u32 *)(r6 +4)"),
      "a variable offset": packet(
        "r3 = *(u32 *)(r1 +0); r3 &= 15; r6 += r3; r2 = r6; r2 += 8; if r2 > r7 goto +1; r3 = *(u64 *)(r6 +0)",
      ),
      "the context, misaligned": "r2 = *(u32 *)(r1 +2); r0 = 0; exit",
      "a value, misaligned": found("array48", "r1 = *(u32 *)(r0 +3)"),
      "a value at a variable offset": found("array48", "r1 = *(u32 *)(r6 +0); r1 &= 3; r0 += r1; r1 = *(u32 *)(r0 +0)"),
    },
    { type: "sched_cls", flags: 1 },
  )
  .rule("packets on ingress", {}, {}, { type: "cgroup_skb", attachType: "cgroup_inet_ingress" });
