/** Small things about a socket buffer: its time, its congestion mark, the socket that it belongs to (net/core/filter.c, Linux 6.18). */

import { SK_BUFF } from "../../../uapi/contexts/sk-buff.ts";
import { ETHERNET_HEADER, PROTOCOL, SKB, skbOf } from "../contexts/skb.ts";
import { EINVAL, EOPNOTSUPP } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** `BPF_SKB_CLOCK_*`; the one between them is the monotonic one. */
const CLOCK = { realtime: 0, tai: 2 } as const;

function setTime(call: HelperCall, _skb: number, low: number, type: number): number {
  const skb = skbOf(call.cpu);
  const protocol = skb.get(SKB.protocol);
  if (protocol !== PROTOCOL.ipv4 && protocol !== PROTOCOL.ipv6) return -EOPNOTSUPP;
  const high = call.highOf(2);
  if (type >>> 0 > CLOCK.tai) return -EINVAL;
  if (type !== CLOCK.realtime && (low | high) === 0) return -EINVAL;
  skb.set(SKB.tstamp, low);
  skb.set(SKB.tstamp + 1, high);
  skb.set(SKB.tstamp_type, type);
  return 0;
}

const CONGESTION = 3;

/** The protocol behind all VLAN tags (`vlan_get_protocol`); 0 when the packet ends before. */
function innerProtocol(call: HelperCall): number {
  const skb = skbOf(call.cpu);
  const { view } = call.memory;
  let protocol = skb.get(SKB.protocol);
  for (let at = skb.data + ETHERNET_HEADER; protocol === PROTOCOL.vlan || protocol === PROTOCOL.serviceVlan; at += 4) {
    if (at + 4 > skb.end) return 0;
    protocol = view.getUint16(at + 2, true);
  }
  return protocol;
}

/** `INET_ECN_set_ce`: 1 when the packet says now that it met congestion, 0 when its sender does not want to hear that. */
function setCongestion(call: HelperCall): number {
  const skb = skbOf(call.cpu);
  const { bytes, view } = call.memory;
  const at = skb.network;
  switch (innerProtocol(call)) {
    case PROTOCOL.ipv4: {
      if (at + 20 > skb.end) return 0;
      const ecn = bytes[at + 1]! & CONGESTION;
      if (ecn === 0 || ecn === CONGESTION) return ecn === CONGESTION ? 1 : 0;
      // `IP_ECN_set_ce`: the checksum grows by what the mark lacks, or shrinks.
      let sum = view.getUint16(at + 10, true) + (ecn === 1 ? 0xfdff : 0xfeff);
      sum = (sum + (sum > 0xffff ? 1 : 0)) & 0xffff;
      view.setUint16(at + 10, sum, true);
      bytes[at + 1]! |= CONGESTION;
      return 1;
    }
    case PROTOCOL.ipv6: {
      if (at + 40 > skb.end) return 0;
      const ecn = (bytes[at + 1]! >>> 4) & CONGESTION;
      if (ecn === 0) return 0;
      bytes[at + 1]! |= CONGESTION << 4;
      return 1;
    }
    default:
      return 0;
  }
}

/** The sockets that packets have here are whole ones: the same address, or null. */
function fullSocket(call: HelperCall, socket: number): number {
  if (socket === 0 || socket >>> 0 === call.space.contextStart + SK_BUFF.size) return socket;
  throw call.fault("argument 1 of bpf_sk_fullsock: expected the packet's socket (ctx->sk), or null");
}

export const fullSocketHelper = helper("bpf_sk_fullsock", ["number"], "address", fullSocket);
export const congestionHelper = helper("bpf_skb_ecn_set_ce", ["context"], "int", setCongestion);

/** Linux 5.18. */
export const setTimeHelper: Helper = helper("bpf_skb_set_tstamp", ["context", "wide", "number"], "int", setTime);
