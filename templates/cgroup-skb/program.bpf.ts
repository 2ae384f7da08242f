// Counts what the processes of a control group send, by destination.

import { cgroupSkbEgress, hash, u64 } from "skep/bpf";
import { Ipv4, type Ipv4Address } from "skep/bpf/net";

/** Bytes by destination. */
export const sent = hash<Ipv4Address, u64>({ maxEntries: 65_536 });

export const meter = cgroupSkbEgress((ctx) => {
  // Packets begin with the IP header here.
  const ip = ctx.packet.at(Ipv4, 0);
  if (ip !== null && ip.version === 4) sent.increment(ip.destination, u64(ctx.len));
  return 1;
});
