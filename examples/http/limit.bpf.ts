// A rate limit: each client has a bucket of tokens that fills with time. A request takes one; without one it is answered with 429.

import { bpf_ktime_get_ns, type FixedArray, hook, lruHash, type u8, type u16, u32, type u64 } from "skep/bpf";
import type { Ipv4Address } from "skep/bpf/net";

interface HttpRequest {
  readonly method: u8;
  readonly pathLength: u16;
  readonly path: FixedArray<u8, 64>;
  readonly client: Ipv4Address;
  readonly contentLength: u64;
  backend: u32;
}

/** Requests a second that each client may make, in the long run. */
const RATE = 1;
/** Requests that it may make at once after it was quiet. */
const BURST = 3;
/** A token takes this long to arrive, in nanoseconds. */
const INTERVAL = 1_000_000_000 / RATE;

interface Bucket {
  /** Up to when tokens were added, in nanoseconds. */
  filled: u64;
  tokens: u32;
}

/** The clients seen last. A new version of this program goes on with them. */
export const buckets = lruHash<Ipv4Address, Bucket>({ maxEntries: 65_536 });

export const limit = hook<HttpRequest>("http.request", (request) => {
  const now = bpf_ktime_get_ns();
  const bucket = buckets.get(request.client);
  if (bucket === null) {
    buckets.set(request.client, { filled: now, tokens: BURST - 1 });
    return 0;
  }
  const arrived = (now - bucket.filled) / INTERVAL;
  if (arrived > 0) {
    bucket.tokens = arrived >= BURST ? BURST : Math.min(bucket.tokens + u32(arrived), BURST);
    bucket.filled += arrived * INTERVAL;
  }
  if (bucket.tokens === 0) return 429;
  bucket.tokens -= 1;
  return 0;
});
