// A firewall: drops IPv4 packets whose source lies in a blocked network, and counts them by source.
//
//   skep run examples/firewall.bpf.ts --replay examples/captures/office.pcap \
//     --set 'blocked={"prefixLength":24,"address":"203.0.113.0"}:1'

import { lpmTrie, perCpuHash, type u32, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, Ipv4, type Ipv4Address } from "skep/bpf/net";

interface Ipv4Prefix {
  prefixLength: u32;
  address: Ipv4Address;
}

/** Networks to block; the value is free for the operator's use, a rule's number for example. */
export const blocked = lpmTrie<Ipv4Prefix, u32>({ maxEntries: 100_000 });

/** Packets dropped, by source. */
export const drops = perCpuHash<Ipv4Address, u64>({ maxEntries: 65_536 });

export const firewall = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;

  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;

  if (blocked.get({ prefixLength: 32, address: ip.source }) === null) return XDP_PASS;

  drops.increment(ip.source, 1);
  return XDP_DROP;
});
