// Every construct that must come out in a shape that the kernel's verifier can follow.

import {
  array,
  type be16,
  type bool,
  bpf_get_prandom_u32,
  bpf_get_smp_processor_id,
  bpf_ktime_get_boot_ns,
  type FixedArray,
  hash,
  i32,
  i64,
  lpmTrie,
  lruPerCpuHash,
  perCpuArray,
  u8,
  u16,
  u32,
  u64,
  XDP_DROP,
  XDP_PASS,
  type XdpContext,
  xdp,
} from "skep/bpf";
import { Ethernet, Ipv4, Ipv6, type Ipv6Address, ipv6, type MacAddress, mac, Tcp, Vlan } from "skep/bpf/net";

export const license = "Dual MIT/GPL";

interface Prefix6 {
  prefixLength: u32;
  address: Ipv6Address;
}

interface Station {
  mac: MacAddress;
  vlan: be16;
}

interface Seen {
  count: u32;
  first: u64;
  known: bool;
  ports: FixedArray<u16, 16>;
}

/** @packed */
interface Tight {
  kind: u8;
  size: u32;
  time: u64;
}

export const networks = lpmTrie<Prefix6, u32>({ maxEntries: 100 });
export const stations = hash<Station, Seen>({ maxEntries: 100 });
export const macs = lruPerCpuHash<MacAddress, u64>({ maxEntries: 100 });
export const tights = hash<Tight, u32>({ maxEntries: 100 });
export const cells = perCpuArray<u64>({ maxEntries: 4 });
export const shared = array<u32>({ maxEntries: 4 });

function station(source: MacAddress, vlan: u16): Station {
  return { mac: source, vlan };
}

function payload(ctx: XdpContext): u32 {
  let offset: u32 = Ethernet.size;
  for (let i = 0; i < 3; i++) {
    const vlan = ctx.packet.at(Vlan, offset);
    if (vlan === null || vlan.type === 0) break;
    offset += Vlan.size;
  }
  return offset;
}

export const everything = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (!eth || eth.source === mac("00:00:00:00:00:00") || eth.destination === eth.source) return XDP_DROP;

  const offset = payload(ctx);
  const length = i32(ctx.packet.length) - 1_000;
  cells.increment(u32(length / 3) & 3, 5);
  cells.increment(bpf_get_smp_processor_id() % 4);
  shared.increment(length < 0 ? 1 : 2);
  macs.increment(eth.source, 3);

  const key = station(eth.source, 0x102);
  const seen = stations.get(key);
  if (seen === null) {
    const fresh = {
      count: 1,
      first: bpf_ktime_get_boot_ns(),
      known: false,
      ports: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    } as Seen;
    if (!stations.set(key, fresh)) return XDP_PASS;
  } else {
    seen.count++;
    seen.known = seen.count > 3 && seen.first !== 0;
    for (let i = 0; i < seen.ports.length; i++) seen.ports[i]! += 1;
    seen.ports[bpf_get_prandom_u32() & 15]! ^= 1;
  }

  const tight: Tight = { kind: 1, size: ctx.rxQueue, time: 3 };
  tight.size += ctx.ingressInterface;
  tights.increment(tight);

  const six = ctx.packet.at(Ipv6, offset);
  if (six && six.version === 6) {
    if (six.destination === ipv6("2001:db8::1")) return XDP_DROP;
    if (networks.has({ prefixLength: 128, address: six.source })) six.hopLimit -= 1;
  }

  const ip = ctx.packet.at(Ipv4, offset);
  let sum: u32 = 0;
  if (ip !== null && ip.headerLength >= 20) {
    for (let i: u32 = 0; i < 10; i++) sum += ctx.packet.u16(offset + i * 2) ?? 0;
    while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
    const tcp = ctx.packet.at(Tcp, offset + ip.headerLength);
    switch (tcp === null ? 0 : tcp.destinationPort) {
      case 22:
      case 23:
        return XDP_DROP;
      case 80: {
        const value = ctx.packet.u32(offset + ip.headerLength + (tcp === null ? 0 : tcp.headerLength));
        return value === null || value !== 0x47455420 ? XDP_PASS : XDP_DROP;
      }
      default:
        if (tcp !== null) tcp.window = Math.min(tcp.window, 1_000);
    }
  }
  const signed = i64(sum) - i64(u64(u8(sum)) << (sum & 7));
  return (signed >> 3) % 7 === 5 || u16(sum) === 0xffff ? XDP_DROP : XDP_PASS;
});
