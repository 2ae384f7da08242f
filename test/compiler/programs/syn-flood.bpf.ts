// Sources that send SYN after SYN: ?., a reference that is looked up again, early returns.

import { lruHash, type u32, XDP_DROP, XDP_PASS, type XdpContext, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, IPPROTO_TCP, Ipv4, type Ipv4Address, Tcp } from "skep/bpf/net";

interface SynState {
  syns: u32;
  acks: u32;
  lastPort: u32;
}

const LIMIT = 100;
export const sources = lruHash<Ipv4Address, SynState>({ maxEntries: 1024 });

function isTcp(ctx: XdpContext): boolean {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return false;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  return ip !== null && ip.protocol === IPPROTO_TCP;
}

export const synFlood = xdp((ctx) => {
  if (!isTcp(ctx)) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;
  const tcp = ctx.packet.at(Tcp, Ethernet.size + ip.headerLength);
  if (!tcp?.syn) return XDP_PASS;
  let state = sources.get(ip.source);
  if (state === null) {
    sources.set(ip.source, { syns: 0, acks: 0, lastPort: 0 });
    state = sources.get(ip.source);
    if (state === null) return XDP_PASS;
  }
  if (tcp.ack) state.acks++;
  else state.syns++;
  state.lastPort = tcp.destinationPort;
  return state.syns > LIMIT ? XDP_DROP : XDP_PASS;
});
