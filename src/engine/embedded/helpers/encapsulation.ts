/** Making room in a packet below and above its network header: encapsulation, translation, VLAN tags (net/core/filter.c, Linux 6.18). */

import { PROTOCOL, SKB, type Skb, skbOf } from "../contexts/skb.ts";
import { EALREADY, EFAULT, EINVAL, ENOMEM, ENOTSUPP } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** `enum bpf_adj_room_mode`: behind the network header, or behind the Ethernet header. */
const MODE = { net: 0, mac: 1 } as const;

/** `BPF_F_ADJ_ROOM_*`, but for the length of the inner Ethernet header in the upper byte. */
const ROOM = {
  fixedGso: 1 << 0,
  encapIpv4: 1 << 1,
  encapIpv6: 1 << 2,
  encapGre: 1 << 3,
  encapUdp: 1 << 4,
  noChecksumReset: 1 << 5,
  encapEthernet: 1 << 6,
  decapIpv4: 1 << 7,
  decapIpv6: 1 << 8,
} as const;
const ENCAP_L3 = ROOM.encapIpv4 | ROOM.encapIpv6;
const DECAP_L3 = ROOM.decapIpv4 | ROOM.decapIpv6;
const ALL_ROOM = 0x1ff;

function adjustRoom(call: HelperCall, _skb: number, difference: number, mode: number, flags: number): number {
  const skb = skbOf(call.cpu);
  const innerEthernet = call.highOf(4) >>> 24;
  if ((call.highOf(4) & 0xff_ffff) !== 0 || (flags & ~ALL_ROOM) !== 0) return -EINVAL;
  const size = Math.abs(difference);
  if (size > 0xfff) return -EFAULT;
  const protocol = skb.get(SKB.protocol);
  if (protocol !== PROTOCOL.ipv4 && protocol !== PROTOCOL.ipv6) return -ENOTSUPP;
  if (mode !== MODE.net && mode !== MODE.mac) return -ENOTSUPP;
  const header = protocol === PROTOCOL.ipv4 ? IPV4_HEADER : IPV6_HEADER;
  const offset = skb.network - skb.mac + (mode === MODE.net ? header : 0);
  const shrink = difference < 0;
  let least = header;
  if ((flags & DECAP_L3) !== 0) {
    if (!shrink) return -EINVAL;
    if ((flags & DECAP_L3) === DECAP_L3) return -EINVAL;
    least = (flags & ROOM.decapIpv4) !== 0 ? IPV4_HEADER : IPV6_HEADER;
  }
  // Segments of a kind that is not known: the kernel would have to know where each one's headers are.
  if (skb.isSegmented) return -ENOTSUPP;
  const behind = skb.end - skb.network;
  if (shrink ? size >= behind || behind - size < least : skb.length + size > skb.longest) return -ENOTSUPP;
  const error = shrink ? shrinkBehind(skb, offset, size, flags) : growBehind(skb, offset, size, flags, innerEthernet);
  if (error === 0 && (flags & ROOM.noChecksumReset) === 0) skb.checksumLevel = -1;
  return error;
}

function growBehind(skb: Skb, offset: number, size: number, flags: number, innerEthernet: number): number {
  const encap = (flags & ENCAP_L3) !== 0;
  if (encap) {
    if ((flags & ENCAP_L3) === ENCAP_L3) return -EINVAL;
    if ((flags & ROOM.encapGre) !== 0 && (flags & ROOM.encapUdp) !== 0) return -EINVAL;
    if ((flags & ROOM.encapEthernet) !== 0 && innerEthernet < 14) return -EINVAL;
    if (skb.encapsulated) return -EALREADY;
    if (innerEthernet > size) return -EINVAL;
  }
  const error = insert(skb, offset, size);
  if (error !== 0 || !encap) return error;
  skb.encapsulated = true;
  const protocol = skb.get(SKB.protocol);
  if (protocol === PROTOCOL.ipv4 && (flags & ROOM.encapIpv6) !== 0) skb.set(SKB.protocol, PROTOCOL.ipv6);
  if (protocol === PROTOCOL.ipv6 && (flags & ROOM.encapIpv4) !== 0) skb.set(SKB.protocol, PROTOCOL.ipv4);
  return 0;
}

function shrinkBehind(skb: Skb, offset: number, size: number, flags: number): number {
  if ((flags & ~(ROOM.fixedGso | DECAP_L3 | ROOM.noChecksumReset)) !== 0) return -EINVAL;
  const error = remove(skb, offset, size);
  if (error !== 0) return error;
  const protocol = skb.get(SKB.protocol);
  if (protocol === PROTOCOL.ipv4 && (flags & ROOM.decapIpv6) !== 0) skb.set(SKB.protocol, PROTOCOL.ipv6);
  if (protocol === PROTOCOL.ipv6 && (flags & ROOM.decapIpv4) !== 0) skb.set(SKB.protocol, PROTOCOL.ipv4);
  return 0;
}

/** `bpf_skb_net_hdr_push`: zeroes behind the first `offset` bytes, which move to the front. */
function insert(skb: Skb, offset: number, size: number): number {
  if (offset > skb.length) return -EFAULT;
  if (!skb.push(size)) return -ENOMEM;
  const { bytes } = skb.cpu.room.memory;
  bytes.copyWithin(skb.data, skb.data + size, skb.data + size + offset);
  bytes.fill(0, skb.data + offset, skb.data + offset + size);
  skb.mac -= size;
  skb.network -= size;
  return 0;
}

/** `bpf_skb_net_hdr_pop`. */
function remove(skb: Skb, offset: number, size: number): number {
  if (offset + size > skb.length) return -ENOMEM;
  const { bytes } = skb.cpu.room.memory;
  bytes.copyWithin(skb.data + size, skb.data, skb.data + offset);
  skb.pull(size);
  skb.mac += size;
  skb.network += size;
  return 0;
}

/** From IPv4 to IPv6 or back: room for the other header; what is in it, and the Ethernet type, the program writes. */
function changeProtocol(call: HelperCall, _skb: number, protocol: number, flags: number): number {
  if (flags !== 0 || call.highOf(3) !== 0) return -EINVAL;
  const skb = skbOf(call.cpu);
  const from = skb.get(SKB.protocol);
  const to = protocol & 0xffff;
  const offset = skb.network - skb.mac;
  let error: number = -ENOTSUPP;
  if (from === PROTOCOL.ipv4 && to === PROTOCOL.ipv6) error = insert(skb, offset, IPV6_HEADER - IPV4_HEADER);
  if (from === PROTOCOL.ipv6 && to === PROTOCOL.ipv4) error = remove(skb, offset, IPV6_HEADER - IPV4_HEADER);
  if (error !== 0) return error;
  skb.set(SKB.protocol, to);
  skb.clearHash();
  return 0;
}

/** The new tag is beside the packet, the one that was there goes into it. */
function vlanPush(call: HelperCall, _skb: number, protocol: number, tci: number): number {
  const skb = skbOf(call.cpu);
  const wanted = protocol & 0xffff;
  if (skb.get(SKB.vlan_present) !== 0) {
    if (!skb.insertTag()) return -ENOMEM;
    skb.network -= 4;
  }
  skb.putTag(wanted === PROTOCOL.serviceVlan ? wanted : PROTOCOL.vlan, tci);
  return 0;
}

/** Takes the outermost tag away; the next one comes out of the packet and is beside it then. */
function vlanPop(call: HelperCall): number {
  const skb = skbOf(call.cpu);
  if (skb.get(SKB.vlan_present) !== 0) skb.clearTag();
  else {
    if (!skb.isVlan) return 0;
    if (skb.removeTag() < 0) return -ENOMEM;
  }
  if (!skb.isVlan) return 0;
  const protocol = skb.get(SKB.protocol);
  const tci = skb.removeTag();
  if (tci < 0) return -ENOMEM;
  skb.putTag(protocol, tci);
  return 0;
}

export const adjustRoomHelper = helper("bpf_skb_adjust_room", ["context", "number", "number", "wide"], "int", adjustRoom);

/** For programs in traffic control; Linux 4.3 and 4.8. */
export const roomHelpers: readonly Helper[] = [
  adjustRoomHelper,
  helper("bpf_skb_change_proto", ["context", "number", "wide"], "int", changeProtocol),
  helper("bpf_skb_vlan_push", ["context", "number", "number"], "int", vlanPush),
  helper("bpf_skb_vlan_pop", ["context"], "int", vlanPop),
];
