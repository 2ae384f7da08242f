/** Programs that use dynptrs and sections, for each kernel that has what they use. */

import type { KernelName } from "../../../src/verifier/index.ts";

export interface ObjectProgram {
  readonly name: string;
  readonly source: string;
  readonly kernels: readonly KernelName[];
  /** What the first entries of its map `out` hold after a run on bytes that tell their offsets; null where it is not run. */
  readonly out: readonly bigint[] | null;
}

const ALL: readonly KernelName[] = ["6.1", "6.12", "6.18"];
const LATER: readonly KernelName[] = ["6.12", "6.18"];

const HEAD = `import { array, bpf_dynptr_adjust, bpf_dynptr_clone, bpf_dynptr_data, bpf_dynptr_from_mem, bpf_dynptr_from_skb, bpf_dynptr_from_xdp, bpf_dynptr_is_null, bpf_dynptr_is_rdonly, bpf_dynptr_read,
  bpf_dynptr_size, bpf_dynptr_slice, bpf_dynptr_slice_rdwr, bpf_dynptr_write, bpf_preempt_disable, bpf_preempt_enable, bpf_rcu_read_lock, bpf_rcu_read_unlock, bpf_ringbuf_discard_dynptr, bpf_ringbuf_reserve_dynptr,
  bpf_ringbuf_submit_dynptr, range, ringBuffer, tc, TC_ACT_OK, u64, type Dynptr, type FixedArray, type TcContext, type be16, type u32, type u8, xdp, XDP_PASS, zeroed } from "skep/bpf";
import { Ethernet, Ipv4 } from "skep/bpf/net";
interface Pair { a: u32; b: be16; c: be16 }
interface Memory { bytes: FixedArray<u8, 64> }
export const out = array<u64>({ maxEntries: 4 });
export const memory = array<Memory>({ maxEntries: 1 });
export const events = ringBuffer<Pair>({ maxEntries: 4096 });
`;

const onXdp = (body: string, top = "") => `${HEAD}${top}\nexport const program = xdp((ctx) => {\n${body}\nreturn XDP_PASS;\n});`;
const onTc = (body: string, top = "") => `${HEAD}${top}\nexport const program = tc((ctx) => {\n${body}\nreturn TC_ACT_OK;\n});`;

export const DYNPTRS: readonly ObjectProgram[] = [
  {
    name: "a packet of XDP, read in pieces",
    kernels: LATER,
    out: [0x0c0dn, 64n, 0x10111213n, 0n],
    source: onXdp(
      "const data = zeroed<Dynptr>(); if (bpf_dynptr_from_xdp(ctx, 0, data) !== 0) return XDP_PASS; const eth = bpf_dynptr_slice<Ethernet>(data, 0, zeroed<FixedArray<u8, 14>>()); if (eth === null) return XDP_PASS; out.set(0, eth.type); out.set(1, bpf_dynptr_size(data)); const four = zeroed<FixedArray<u8, 4>>(); if (bpf_dynptr_read(four, data, 16) === 0) out.set(2, (u64(four[0]) << 24) | (u64(four[1]) << 16) | (u64(four[2]) << 8) | four[3]);",
    ),
  },
  {
    name: "a packet of traffic control, written through a slice; the rest is adjusted and cloned",
    kernels: LATER,
    out: null,
    source: onTc(
      "const data = zeroed<Dynptr>(); const rest = zeroed<Dynptr>(); if (bpf_dynptr_from_skb(ctx, 0, data) !== 0) return TC_ACT_OK; const buffer = zeroed<FixedArray<u8, 20>>(); const ip = bpf_dynptr_slice_rdwr<Ipv4>(data, 14, buffer); if (ip === null) return TC_ACT_OK; out.set(0, ip.protocol); ip.ttl = 7; bpf_dynptr_write(data, 14, buffer); if (bpf_dynptr_clone(data, rest) === 0 && bpf_dynptr_adjust(rest, 14, 34) === 0 && !bpf_dynptr_is_null(rest) && !bpf_dynptr_is_rdonly(rest)) out.set(1, bpf_dynptr_size(rest));",
    ),
  },
  {
    name: "views of the packet are made again after it was written to",
    kernels: LATER,
    out: null,
    source: onTc(
      "const data = zeroed<Dynptr>(); if (bpf_dynptr_from_skb(ctx, 0, data) !== 0) return TC_ACT_OK; const bytes: FixedArray<u8, 2> = [1, 2]; bpf_dynptr_write(data, 0, bytes); const eth = ctx.packet.at(Ethernet, 0); if (eth !== null) out.set(0, eth.type);",
    ),
  },
  {
    name: "without a buffer, a struct of ours",
    kernels: LATER,
    out: [0x04050607n, 0n, 0n, 0n],
    source: onXdp(
      "const data = zeroed<Dynptr>(); bpf_dynptr_from_xdp(ctx, 0, data); const pair = bpf_dynptr_slice<Pair>(data, 0, null); if (pair !== null) out.set(0, (u64(pair.b) << 16) | pair.c);",
    ),
  },
  {
    name: "memory of a map",
    kernels: ALL,
    out: [5n, 0n, 0n, 0n],
    source: onXdp(
      "const value = memory.get(0); if (value === null) return XDP_PASS; const data = zeroed<Dynptr>(); if (bpf_dynptr_from_mem(value.bytes, 0, data) !== 0) return XDP_PASS; const some: FixedArray<u8, 4> = [5, 6, 7, 8]; bpf_dynptr_write(data, 8, some, 2, 0); const there = bpf_dynptr_data<FixedArray<u8, 4>>(data, 8); if (there !== null) out.set(0, there[0] + there[2]);",
    ),
  },
  {
    name: "records of a ring buffer, as long as they turn out, handed back on every path",
    kernels: ALL,
    out: null,
    source: onXdp(
      "const record = zeroed<Dynptr>(); if (bpf_ringbuf_reserve_dynptr(events, ctx.packet.length, 0, record) !== 0) { bpf_ringbuf_discard_dynptr(record); return XDP_PASS; } const pair: Pair = { a: 1, b: 2, c: 3 }; if (bpf_dynptr_write(record, 4, pair) !== 0) bpf_ringbuf_discard_dynptr(record); else bpf_ringbuf_submit_dynptr(record);",
    ),
  },
  {
    name: "by functions of the file, and in loops",
    kernels: LATER,
    out: [190n, 0n, 0n, 0n],
    source: onXdp(
      "const data = zeroed<Dynptr>(); bpf_dynptr_from_xdp(ctx, 0, data); let sum: u64 = 0; for (const i of range(20)) sum += byteAt(data, i); out.set(0, sum); const record = zeroed<Dynptr>(); bpf_ringbuf_reserve_dynptr(events, 8, 0, record); finish(record, sum > 5);",
      "function byteAt(data: Dynptr, at: u32): u8 { const one = zeroed<FixedArray<u8, 1>>(); return bpf_dynptr_read(one, data, at) === 0 ? one[0] : 0; }\nfunction finish(record: Dynptr, good: bool): void { if (good) bpf_ringbuf_submit_dynptr(record); else bpf_ringbuf_discard_dynptr(record); }",
    ).replace("array, bpf", "array, type bool, bpf"),
  },
  {
    name: "sections",
    kernels: LATER,
    out: null,
    source: onTc(
      "bpf_rcu_read_lock(); if (ctx.len > 100) { bpf_rcu_read_unlock(); return TC_ACT_OK; } out.set(0, 1); bpf_rcu_read_unlock(); bpf_preempt_disable(); out.set(1, 2); bpf_preempt_enable();",
    ),
  },
];
