/** Counts bytes of packets by their value, in many ways: sub-programs, callbacks, ranges, generics, patterns. */

import * as bpf from "skep/bpf";
import {
  array,
  bpf_for_each_map_elem,
  bpf_loop,
  type FixedArray,
  hash,
  range,
  type u8,
  type u16,
  u32,
  u64,
  XDP_DROP,
  XDP_PASS,
  type XdpContext,
  xdp,
} from "skep/bpf";
import { Ethernet, Ipv4, type MacAddress } from "skep/bpf/net";

interface Pair<A, B = A> {
  a: A;
  b: B;
}

interface Summary {
  sum: u64;
  pair: Pair<u32, u16>;
  tops: FixedArray<u32, 4>;
}

const SMALL = 0;
const LARGE = 8;

export const counts = hash<u8, u64>({ maxEntries: 256 });
export const summaries = array<Summary>({ maxEntries: 1 });

function larger<T extends number>(a: T, b: T): T {
  return a > b ? a : b;
}

function total<N extends number>(values: FixedArray<u32, N>): u64 {
  let sum: u64 = 0;
  for (const value of values) sum += value;
  return sum;
}

/** @noinline */
function byteAt(ctx: XdpContext, offset: u32): u8 | null {
  return ctx.packet.u8(offset);
}

/** @noinline */
function remember({ sum, pair: { a, b } }: Summary, source: MacAddress): u32 {
  const found = summaries.get(0);
  if (found === null) return 0;
  found.sum += sum;
  found.pair.a = larger(found.pair.a, a);
  found.pair.b = b;
  for (const i of range(4)) found.tops[i] = larger(found.tops[i]!, source[i]!);
  return found.pair.a;
}

function step(index: u32, summary: Summary): boolean {
  summary.sum += index;
  return summary.sum > 100;
}

export const counting = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_PASS;
  const summary: Summary = { sum: 0, pair: { a: 1, b: 2 }, tops: [1, 2, 3, 4] };
  outer: for (const i of range(Ethernet.size, ctx.packet.length)) {
    const byte = byteAt(ctx, i) ?? 0;
    counts.increment(byte);
    for (const j of range(byte & 3)) {
      if (j === 2) continue outer;
      if (summary.sum > 10_000) break outer;
      summary.sum += byte;
    }
  }
  let seen: u32 = 0;
  const limit = u64(eth.type) + 5;
  bpf_loop(8, (i) => {
    seen += i;
    if (i > limit) return true;
    return false;
  });
  bpf_loop(seen, step, summary);
  bpf_for_each_map_elem(counts, (map, key, value) => {
    if (value === 0) map.delete(key);
    else seen += u32(value);
  });
  switch (remember(summary, eth.source) > 3 ? LARGE : SMALL) {
    case SMALL:
      return XDP_PASS;
    default:
      return total(summary.tops) > 1000 ? XDP_DROP : XDP_PASS;
  }
});

export const naming = bpf.xdp(({ packet }) => {
  const ip = packet.at(Ipv4, Ethernet.size);
  if (ip === null) return bpf.XDP_PASS;
  const { ttl, protocol } = ip;
  return ttl > 1 || protocol === 1 ? bpf.XDP_PASS : bpf.XDP_DROP;
});
