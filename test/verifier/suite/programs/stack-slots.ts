/** What slots of the stack remember of what was stored, at fixed and variable offsets, and for helpers. */

import { Rules } from "../case.ts";

/** r6 is the context, r0 the first value of a map whose keys have 8 bytes. */
const found = (map: string, text: string) =>
  `r6 = r1; r2 = r10; r2 += -8; *(u64 *)(r10 -8) = 0; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto out; ${text}; out: r0 = 0; exit`;

export const stackSlots = new Rules("core");

stackSlots
  .rule(
    "what slots keep",
    {
      "8 bits of a number": "r2 = *(u32 *)(r1 +0); r2 &= 7; *(u8 *)(r10 -8) = r2; r3 = *(u8 *)(r10 -8); r0 = 0; exit",
      "16 bits of a number":
        "r2 = *(u32 *)(r1 +0); r2 &= 7; *(u16 *)(r10 -8) = r2; r3 = *(u16 *)(r10 -8); r4 = *(u8 *)(r10 -8); r0 = 0; exit",
      "32 bits of a number":
        "r2 = *(u32 *)(r1 +0); *(u32 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -8); r4 = *(u16 *)(r10 -8); r5 = *(u64 *)(r10 -8); r0 = 0; exit",
      "32 bits in the upper half":
        "r2 = *(u32 *)(r1 +0); *(u32 *)(r10 -4) = r2; r3 = *(u32 *)(r10 -4); r5 = *(u64 *)(r10 -8); r0 = 0; exit",
      "a small number, read in pieces":
        "r2 = *(u32 *)(r1 +0); r2 &= 255; *(u64 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -8); r4 = *(u32 *)(r10 -4); r5 = *(u8 *)(r10 -8); r1 = *(u8 *)(r10 -7); r0 = 0; exit",
      "a number of 32 bits, read in pieces":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -8); r4 = *(u16 *)(r10 -8); r5 = *(u8 *)(r10 -8); r0 = 0; exit",
      "a number of 64 bits":
        "r2 = *(u32 *)(r1 +0); r3 = *(u64 *)(r10 -16); r2 += r3; *(u64 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -8); r4 = *(u64 *)(r10 -8); r0 = 0; exit",
      "zero, read in pieces":
        "r2 = 0; *(u64 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -4); r4 = *(u8 *)(r10 -3); r5 = *(u64 *)(r10 -8); r0 = 0; exit",
      "zero in the upper half": "r2 = 0; *(u32 *)(r10 -4) = r2; r3 = *(u32 *)(r10 -4); r4 = *(u32 *)(r10 -8); r0 = 0; exit",
      "zeroes in both halves": "*(u32 *)(r10 -4) = 0; *(u32 *)(r10 -8) = 0; r4 = *(u64 *)(r10 -8); r0 = 0; exit",
      "zero bytes": "*(u8 *)(r10 -1) = 0; *(u8 *)(r10 -2) = 0; r4 = *(u16 *)(r10 -2); r0 = 0; exit",
      "immediates of all widths":
        "*(u64 *)(r10 -8) = -5; r2 = *(u64 *)(r10 -8); r3 = *(u32 *)(r10 -8); r4 = *(s32 *)(r10 -8); *(u32 *)(r10 -16) = -1; r5 = *(u32 *)(r10 -16); *(u16 *)(r10 -24) = 0x12345; r1 = *(u16 *)(r10 -24); r0 = 0; exit",
      "an immediate in the upper half": "*(u32 *)(r10 -4) = 7; r2 = *(u32 *)(r10 -4); r0 = 0; exit",
      "read with its sign":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r2; r3 = *(s8 *)(r10 -8); r4 = *(s16 *)(r10 -8); r5 = *(s32 *)(r10 -8); r0 = 0; exit",
      "a small number, read with its sign":
        "r2 = *(u32 *)(r1 +0); r2 &= 15; *(u64 *)(r10 -8) = r2; r3 = *(s8 *)(r10 -8); r4 = *(s16 *)(r10 -8); r5 = *(s32 *)(r10 -8); r0 = 0; exit",
      "never written, read with its sign": "r3 = *(s8 *)(r10 -8); r4 = *(s16 *)(r10 -8); r5 = *(s32 *)(r10 -8); r0 = 0; exit",
      "a byte over a pointer": "*(u64 *)(r10 -8) = r1; *(u8 *)(r10 -5) = 1; r2 = *(u64 *)(r10 -8); r0 = 0; exit",
      "a word over a pointer": "*(u64 *)(r10 -8) = r1; r2 = 5; *(u32 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -8); r0 = 0; exit",
      "a byte over a number":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r2; *(u8 *)(r10 -8) = 3; r3 = *(u64 *)(r10 -8); r4 = *(u8 *)(r10 -8); r0 = 0; exit",
      "a half over zero":
        "r2 = 0; *(u32 *)(r10 -4) = r2; *(u32 *)(r10 -8) = 1; r3 = *(u64 *)(r10 -8); r4 = *(u32 *)(r10 -4); r0 = 0; exit",
      "the frame pointer": "r2 = r10; *(u64 *)(r10 -8) = r2; r3 = *(u64 *)(r10 -8); *(u64 *)(r3 -16) = 1; r0 = 0; exit",
      "a map": "r2 = map array8; *(u64 *)(r10 -8) = r2; r3 = *(u64 *)(r10 -8); r0 = 0; exit",
      "through another register":
        "r2 = r10; r2 += -16; r3 = *(u32 *)(r1 +0); r3 &= 3; *(u64 *)(r2 +8) = r3; r4 = *(u64 *)(r2 +8); r0 = 0; exit",
      "the number that was compared":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r2; if r2 > 10 goto +2; r3 = *(u64 *)(r10 -8); r4 = *(u32 *)(r10 -8); r0 = 0; exit",
      "compared after it was read":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r2; r3 = *(u32 *)(r10 -8); if r3 > 10 goto +1; r4 = *(u64 *)(r10 -8); r0 = 0; exit",
    },
    {
      "below the stack": "r0 = *(u64 *)(r10 -520); exit",
      "16 bits, misaligned": "r0 = *(u16 *)(r10 -3); exit",
      "half of a pointer": "*(u64 *)(r10 -8) = r1; r0 = *(u32 *)(r10 -4); exit",
      "far below": "r2 = r10; r2 += -0x20000000; *(u64 *)(r2 +0) = 0; r0 = 0; exit",
      "a little less far below": "r2 = r10; r2 += -0x1ffffff8; *(u64 *)(r2 +0) = 0; r0 = 0; exit",
    },
  )
  .rule(
    "slots at variable offsets",
    {
      "zeroes read":
        "*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -16; r3 = r10; r3 += r2; r0 = *(u64 *)(r3 +0); exit",
      "anything read":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -16) = 7; r2 &= 8; r2 += -16; r3 = r10; r3 += r2; r0 = *(u64 *)(r3 +0); exit",
      "bytes read": "r2 = *(u32 *)(r1 +0); r2 &= 15; r2 += -16; r3 = r10; r3 += r2; r0 = *(u8 *)(r3 +0); exit",
      "a pointer read":
        "*(u64 *)(r10 -8) = r1; r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -16; r3 = r10; r3 += r2; r0 = *(u64 *)(r3 +0); r4 = *(u64 *)(r10 -8); r0 = *(u32 *)(r4 +0); exit",
      written: "r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -16; r3 = r10; r3 += r2; *(u64 *)(r3 +0) = 1; r0 = *(u64 *)(r10 -8); exit",
      "zero over zero bytes":
        "r2 = *(u32 *)(r1 +0); *(u32 *)(r10 -12) = 0; *(u32 *)(r10 -16) = 0; *(u32 *)(r10 -4) = 0; *(u32 *)(r10 -8) = 0; r2 &= 8; r2 += -16; r3 = r10; r3 += r2; r4 = 0; *(u64 *)(r3 +0) = r4; r0 = *(u64 *)(r10 -8); exit",
      "zero over spilled zero":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r2 &= 8; r2 += -16; r3 = r10; r3 += r2; *(u64 *)(r3 +0) = 0; r0 = *(u64 *)(r10 -8); exit",
      "a pointer written over":
        "*(u64 *)(r10 -8) = r1; r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -16; r3 = r10; r3 += r2; *(u64 *)(r3 +0) = 1; r0 = *(u32 *)(r10 -8); exit",
      "read by a helper":
        "*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r2 = *(u32 *)(r1 +0); r2 &= 7; r2 += -16; r3 = r10; r3 += r2; r2 = r3; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit",
    },
    {
      "below the stack": "r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -520; r3 = r10; r3 += r2; *(u64 *)(r3 +0) = 1; r0 = 0; exit",
      "above the stack": "r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -8; r3 = r10; r3 += r2; r0 = *(u64 *)(r3 +0); exit",
      misaligned: "r2 = *(u32 *)(r1 +0); r2 &= 4; r2 += -16; r3 = r10; r3 += r2; r0 = *(u64 *)(r3 +0); exit",
      "unbounded write": "r2 = *(u32 *)(r1 +0); r2 <<= 3; r3 = r10; r3 += r2; *(u64 *)(r3 +0) = 0; r0 = 0; exit",
      "pointer lost":
        "*(u64 *)(r10 -8) = r1; r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -16; r3 = r10; r3 += r2; *(u64 *)(r3 +0) = 1; r4 = *(u64 *)(r10 -8); r0 = *(u32 *)(r4 +0); exit",
      "read by a helper, below":
        "r2 = *(u32 *)(r1 +0); r2 &= 8; r2 += -520; r3 = r10; r3 += r2; r2 = r3; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit",
    },
  )
  .rule(
    "memory of tracing helpers",
    {
      "a key that was not written": "r2 = r10; r2 += -8; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit",
      "written by the helper": "r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel; r0 = *(u64 *)(r10 -8); exit",
      "written by the helper over a pointer":
        "*(u64 *)(r10 -8) = r1; r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel; r0 = *(u64 *)(r10 -8); exit",
      "written by the helper, how much is not known":
        "r2 = *(u32 *)(r1 +0); r2 &= 15; r1 = r10; r1 += -16; r3 = 0; call bpf_probe_read_kernel; r0 = *(u64 *)(r10 -8); exit",
      "zeroes that a helper reads":
        "*(u32 *)(r10 -4) = 0; *(u32 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map hash8; call bpf_map_lookup_elem; r0 = *(u64 *)(r10 -8); exit",
      "a pointer that a helper reads":
        "*(u64 *)(r10 -8) = r1; r2 = r10; r2 += -8; r1 = map hash8; call bpf_map_lookup_elem; r2 = *(u64 *)(r10 -8); r0 = 0; exit",
      "a name": "r1 = r10; r1 += -16; r2 = 16; call bpf_get_current_comm; r0 = *(u8 *)(r10 -1); exit",
      "a value as key": found("hash8", "r2 = r0; r1 = map hash8; call bpf_map_lookup_elem"),
      "the end of a value as key": found("hash16", "r2 = r0; r2 += 8; r1 = map hash8; call bpf_map_lookup_elem"),
    },
    {
      "key half above the stack": "r2 = r10; r2 += -4; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit",
      "more than there is": "r1 = r10; r1 += -8; r2 = 16; r3 = 0; call bpf_probe_read_kernel; r0 = 0; exit",
      "of no byte": "r1 = r10; r1 += -8; r2 = 0; call bpf_get_current_comm; r0 = 0; exit",
      "the end of a value, too short": found("hash8", "r2 = r0; r2 += 4; r1 = map hash8; call bpf_map_lookup_elem"),
      "more than a value": found("array48", "r1 = r0; r2 = 49; r3 = 0; call bpf_probe_read_kernel"),
      "a read-only value": found("readonly", "r1 = r0; r2 = 8; r3 = 0; call bpf_probe_read_kernel"),
      "a write-only value": found("writeonly", "r2 = r0; r1 = map hash8; call bpf_map_lookup_elem"),
      "a number": "r2 = 0; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit",
      "the context": "r2 = r1; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit",
    },
    { type: "kprobe" },
  );
