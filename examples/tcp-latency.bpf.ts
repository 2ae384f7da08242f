// How long TCP connections take to open: from the SYN to the answer, as a histogram, and by destination.
//
//   sudo skep run examples/tcp-latency.bpf.ts
//   sudo skep run examples/tcp-latency.bpf.ts --set port=443

import { AF_INET, array, bpf_ktime_get_ns, config, hash, type i32, lruHash, tpBtf, type u16, u64 } from "skep/bpf";
import { type Ipv6Address, ipv4Mapped } from "skep/bpf/net";
import { type sock, TCP_ESTABLISHED, TCP_SYN_SENT } from "skep/vmlinux";
import { log2 } from "./lib/log2.bpf.ts";

const SLOTS = 26;

/** Only connections to that port; 0: all. */
export const port = config<u16>(0);

interface Destination {
  /** IPv4 addresses are mapped: ::ffff:192.0.2.1. */
  address: Ipv6Address;
  port: u16;
}

interface Latency {
  connections: u64;
  /** Microseconds. */
  total: u64;
  longest: u64;
}

/** When the SYN was sent, by socket. */
export const opening = hash<u64, u64>({ maxEntries: 8_192 });

/** Connections that took 2^i microseconds to 2^(i+1). */
export const histogram = array<u64>({ maxEntries: SLOTS });

export const destinations = lruHash<Destination, Latency>({ maxEntries: 8_192 });

function opened(sk: sock, microseconds: u64): void {
  histogram.increment(Math.min(log2(microseconds), SLOTS - 1));

  const common = sk.__sk_common;
  const to: Destination = { address: ipv4Mapped(common.skc_daddr), port: common.skc_dport };
  if (common.skc_family !== AF_INET) to.address = common.skc_v6_daddr;
  const known = destinations.get(to);
  if (known === null) {
    destinations.set(to, { connections: 1, total: microseconds, longest: microseconds });
  } else {
    known.connections += 1;
    known.total += microseconds;
    known.longest = Math.max(known.longest, microseconds);
  }
}

export const stateChanged = tpBtf("inet_sock_set_state", (sk: sock, before: i32, after: i32) => {
  const key = u64(sk);
  if (after === TCP_SYN_SENT) {
    if (port === 0 || sk.__sk_common.skc_dport === port) opening.set(key, bpf_ktime_get_ns());
    return;
  }
  if (before !== TCP_SYN_SENT) return;
  const since = opening.get(key);
  if (since === null) return;
  // What else follows is a failure: nothing was opened.
  if (after === TCP_ESTABLISHED) opened(sk, (bpf_ktime_get_ns() - since) / 1_000);
  opening.delete(key);
});
