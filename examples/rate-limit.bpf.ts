// A rate limiter: each IPv4 source has a bucket of tokens that fills with time. A packet takes one; without one it is dropped.
//
//   skep run examples/rate-limit.bpf.ts --interface eth0

import { bpf_ktime_get_ns, lruHash, perCpuArray, u32, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, Ipv4, type Ipv4Address } from "skep/bpf/net";

/** Packets a second that each source may send, in the long run. */
const RATE = 1_000;
/** Packets that it may send at once after it was quiet. */
const BURST = 200;

/** A token takes this long to arrive, in nanoseconds. */
const INTERVAL = 1_000_000_000 / RATE;

interface Bucket {
  /** Up to when tokens were added, in nanoseconds since boot. */
  filled: u64;
  tokens: u32;
}

/** The sources seen last. Two CPUs that serve one source at once may count a token twice: cheaper than a lock. */
export const buckets = lruHash<Ipv4Address, Bucket>({ maxEntries: 65_536 });

/** Packets passed, at 0, and dropped, at 1. */
export const verdicts = perCpuArray<u64>({ maxEntries: 2 });

export const rateLimit = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;

  const now = bpf_ktime_get_ns();
  const bucket = buckets.get(ip.source);
  if (bucket === null) {
    buckets.set(ip.source, { filled: now, tokens: BURST - 1 });
    verdicts.increment(0);
    return XDP_PASS;
  }

  // Another CPU may have been here with a later clock: then nothing has arrived.
  const arrived = now > bucket.filled ? (now - bucket.filled) / INTERVAL : 0;
  if (arrived >= BURST) {
    bucket.tokens = BURST;
    bucket.filled = now;
  } else if (arrived > 0) {
    bucket.tokens = Math.min(bucket.tokens + u32(arrived), BURST);
    bucket.filled += arrived * INTERVAL;
  }

  if (bucket.tokens === 0) {
    verdicts.increment(1);
    return XDP_DROP;
  }
  bucket.tokens -= 1;
  verdicts.increment(0);
  return XDP_PASS;
});
