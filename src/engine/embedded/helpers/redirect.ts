/**
 * Sending a packet elsewhere (net/core/filter.c, Linux 6.18). The helpers only write down where to, per CPU; whoever ran the program
 * does it when the verdict asks for it. `bpf_clone_redirect` sends a copy, which goes out when the program has ended.
 */

import type { MapType } from "../../../uapi/map-types.ts";
import { redirectEntry, redirectOf } from "../contexts/redirect-target.ts";
import { ETHERNET_HEADER, skbOf } from "../contexts/skb.ts";
import { EINVAL, ERANGE } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
const INGRESS = 1;
const NEXT_HOP_SIZE = 20;
/** What the kernel answers when the device takes nothing. */
const NET_XMIT_DROP = 1;

function redirect(call: HelperCall, ifindex: number, flags: number): number {
  if (call.highOf(2) !== 0 || (flags & ~INGRESS) !== 0) return TC_ACT_SHOT;
  redirectOf(call.cpu).to(ifindex >>> 0, flags === INGRESS ? "ingress" : "egress");
  return TC_ACT_REDIRECT;
}

function redirectPeer(call: HelperCall, ifindex: number, flags: number): number {
  if (call.highOf(2) !== 0 || flags !== 0) return TC_ACT_SHOT;
  redirectOf(call.cpu).to(ifindex >>> 0, "peer");
  return TC_ACT_REDIRECT;
}

function redirectNeighbour(call: HelperCall, ifindex: number, params: number, size: number, flags: number): number {
  if (call.highOf(4) !== 0 || flags !== 0 || (size !== 0 && size < NEXT_HOP_SIZE)) return TC_ACT_SHOT;
  const target = redirectOf(call.cpu);
  target.to(ifindex >>> 0, "neighbour");
  if (size !== 0) target.nextHop = call.memory.bytes.slice(params >>> 0, (params >>> 0) + NEXT_HOP_SIZE);
  return TC_ACT_REDIRECT;
}

function cloneRedirect(call: HelperCall, _skb: number, ifindex: number, flags: number): number {
  if (call.highOf(3) !== 0 || (flags & ~INGRESS) !== 0) return -EINVAL;
  const { packets } = call.cpu.room;
  if (packets.byIndex(ifindex >>> 0) === null) return -EINVAL;
  const skb = skbOf(call.cpu);
  if (skb.length < ETHERNET_HEADER) return -ERANGE;
  return packets.traffic.clone(skb, ifindex >>> 0, flags === INGRESS) ? 0 : NET_XMIT_DROP;
}

function redirectXdp(call: HelperCall, ifindex: number, flags: number): number {
  if (flags !== 0 || call.highOf(2) !== 0) return XDP_ABORTED;
  redirectOf(call.cpu).to(ifindex >>> 0, "egress");
  return XDP_REDIRECT;
}

/** Kinds of maps that `bpf_redirect_map` takes, and the flags of each besides the verdict for a key that is not there. */
const REDIRECT_MAPS: Readonly<Partial<Record<MapType, number>>> = { devmap: 0x18, devmap_hash: 0x18, cpumap: 0, xskmap: 0 };
const ANY_VERDICT = 3;
const BROADCAST = 8;
const EXCLUDE_INGRESS = 16;

function redirectMap(call: HelperCall, handle: number, key: number, flags: number): number {
  const map = call.mapAt(handle);
  const known = REDIRECT_MAPS[map.type];
  if (known === undefined) throw call.fault(`argument 1 of bpf_redirect_map: ${map.name} is a ${map.type}, which leads nowhere`);
  if (call.highOf(3) !== 0 || (flags & ~(ANY_VERDICT | known)) !== 0) return XDP_ABORTED;
  const broadcast = (flags & BROADCAST) !== 0;
  if (!broadcast && redirectEntry(call.cpu, map, key) === 0) return flags & ANY_VERDICT;
  redirectOf(call.cpu).through(map, key, broadcast, (flags & EXCLUDE_INGRESS) !== 0);
  return XDP_REDIRECT;
}

export const redirectHelper = helper("bpf_redirect", ["number", "wide"], "int", redirect);
export const cloneRedirectHelper = helper("bpf_clone_redirect", ["context", "number", "wide"], "int", cloneRedirect);

/** Linux 4.8 and 4.14. */
export const xdpRedirects: readonly Helper[] = [
  helper("bpf_redirect", ["number", "wide"], "int", redirectXdp),
  helper("bpf_redirect_map", ["map", "number", "wide"], "int", redirectMap),
];

export const tcRedirects: readonly Helper[] = [
  redirectHelper,
  cloneRedirectHelper,
  helper("bpf_redirect_peer", ["number", "wide"], "int", redirectPeer),
  helper("bpf_redirect_neigh", ["number", "read?", "size", "wide"], "int", redirectNeighbour),
];
