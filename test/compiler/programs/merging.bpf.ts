// References that come together from several places: functions, choices, loops, maps of two kinds.

import { array, hash, type u32, type u64, XDP_DROP, XDP_PASS, type XdpContext, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, Ipv4, mac, Tcp } from "skep/bpf/net";

interface V {
  n: u32;
  m: u64;
}
export const a = array<V>({ maxEntries: 4 });
export const h = hash<u32, V>({ maxEntries: 4 });
export const n = hash<u32, u64>({ maxEntries: 4 });
function ipOf(ctx: XdpContext): Ipv4 | null {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return null;
  return ctx.packet.at(Ipv4, Ethernet.size);
}
function tcpOf(ctx: XdpContext, ip: Ipv4 | null): Tcp | null {
  return ip === null ? null : ctx.packet.at(Tcp, Ethernet.size + ip.headerLength);
}
export const merging = xdp((ctx) => {
  if (mac("00:00:00:00:00:00") === mac("00:00:00:00:00:01")) return XDP_DROP;
  const ip = ipOf(ctx);
  const tcp = tcpOf(ctx, ip);
  const v = tcp === null || !tcp.syn ? h.get(5) : a.get(tcp.sequence & 3);
  if (v) v.n += 1;
  const w = a.get(1) ?? h.get(2);
  if (w === null) return XDP_PASS;
  w.m += n.get(ctx.packet.length) ?? 3;
  let x = h.get(1);
  for (let i: u32 = 0; i < 8; i++) {
    if (x === null) x = h.get(i);
    else {
      x.n = i;
      x = null;
    }
  }
  const q = n.get(3);
  const r = ctx.packet.u8(w.n & 63);
  if (q !== null && r !== null && q > r) return XDP_DROP;
  if (tcp === null) return XDP_PASS;
  if (ip !== null && ip.ttl === 3 && tcp.window > 5) return XDP_DROP;
  return XDP_PASS;
});
