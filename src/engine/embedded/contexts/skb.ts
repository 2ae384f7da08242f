/**
 * A socket buffer (`struct sk_buff`): the packet that a CPU works on, and what travels with it.
 *
 * What programs see of it is `struct __sk_buff` in the CPU's context area, which is where those fields live; here is what the
 * kernel keeps besides: where its headers are, its tunnel, its checksum state. The packet lies in the CPU's packet area, between
 * head room and tail room; when one of them is used up the packet moves within the area, as the kernel gives it a larger buffer.
 */

import { SK_BUFF } from "../../../uapi/contexts/sk-buff.ts";
import { AF, BPF_SOCK, SOCKET_STATE } from "../../../uapi/contexts/sock.ts";
import { fieldOf } from "../../../uapi/contexts/struct.ts";
import type { AddressSpace } from "../access.ts";
import { type Cpu, HEAD_ROOM, LONGEST_PACKET } from "../cpu.ts";
import type { Cgroup } from "../room/cgroup-tree.ts";

/** What a packet must know of the device that it is at. */
export interface LinkFacts {
  readonly ifindex: number;
  readonly mtu: number;
  /** Six bytes each: its own address, and the one that means everybody. */
  readonly mac: Uint8Array;
  readonly broadcast: Uint8Array;
}

/** The kernel's own device, on which test runs take place. Nothing on it is for everybody. */
export const LOOPBACK: LinkFacts = { ifindex: 1, mtu: 65_536, mac: new Uint8Array(6), broadcast: new Uint8Array(6) };

export const ETHERNET_HEADER = 14;

/** Ethernet types as a little-endian machine reads them from a packet: `skb->protocol`. */
export const PROTOCOL = { ipv4: 0x0008, ipv6: 0xdd86, vlan: 0x0081, serviceVlan: 0xa888, raw802: 0x0100, llc: 0x0400 } as const;

/** `PACKET_*` of linux/if_packet.h. */
const PACKET_TYPE = { host: 0, broadcast: 1, multicast: 2, otherHost: 3 } as const;

const words = (name: string): number => fieldOf(SK_BUFF, name).offset >>> 2;

/** Words of `struct __sk_buff`, from the context's. */
export const SKB = {
  len: words("len"),
  pkt_type: words("pkt_type"),
  mark: words("mark"),
  queue_mapping: words("queue_mapping"),
  protocol: words("protocol"),
  vlan_present: words("vlan_present"),
  vlan_tci: words("vlan_tci"),
  vlan_proto: words("vlan_proto"),
  priority: words("priority"),
  ingress_ifindex: words("ingress_ifindex"),
  ifindex: words("ifindex"),
  tc_index: words("tc_index"),
  cb: words("cb"),
  hash: words("hash"),
  tc_classid: words("tc_classid"),
  data: words("data"),
  data_end: words("data_end"),
  napi_id: words("napi_id"),
  family: words("family"),
  remote_ip4: words("remote_ip4"),
  local_ip4: words("local_ip4"),
  remote_ip6: words("remote_ip6"),
  local_ip6: words("local_ip6"),
  data_meta: words("data_meta"),
  tstamp: words("tstamp"),
  wire_len: words("wire_len"),
  gso_segs: words("gso_segs"),
  sk: words("sk"),
  gso_size: words("gso_size"),
  tstamp_type: words("tstamp_type"),
  hwtstamp: words("hwtstamp"),
} as const;

export class Skb {
  readonly cpu: Cpu;
  /** Addresses: of the first byte that programs see, and behind the last. */
  data = 0;
  end = 0;
  /** Where the program that ran last saw it begin. */
  begin = 0;
  /** Bytes of metadata before `data`, which an XDP program left. */
  metaSize = 0;
  /** Addresses of the headers. */
  mac = 0;
  network = 0;
  link: LinkFacts = LOOPBACK;
  /** `skb->encapsulation`: there is an inner packet already. */
  encapsulated = false;
  /** `ip_summed` is CHECKSUM_UNNECESSARY up to this level (0 … 3), or CHECKSUM_NONE: -1. */
  checksumLevel = -1;
  /** Whether `hash` is of the packet's addresses and ports, or set by a program. */
  hashed = false;
  /** The control group of the process that it is of; null: of nobody's socket. */
  cgroup: Cgroup | null = null;
  /** `struct bpf_tunnel_key` as it was set, and whether for IPv6; null: none. */
  tunnel: { readonly key: Uint8Array; readonly ipv6: boolean } | null = null;
  /** Options of the tunnel's header; empty: none. */
  tunnelOptions = new Uint8Array(0);
  /** What the running program may touch. */
  #space: AddressSpace | null = null;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #base: number;

  constructor(cpu: Cpu) {
    const { memory } = cpu.room;
    this.cpu = cpu;
    this.#words = memory.words;
    this.#bytes = memory.bytes;
    this.#base = cpu.context >>> 2;
  }

  get length(): number {
    return this.end - this.data;
  }

  /** A view, until the next packet on this CPU. */
  get packet(): Uint8Array {
    return this.#bytes.subarray(this.data, this.end);
  }

  /** `BPF_SKB_MAX_LEN`. */
  get longest(): number {
    return this.link.mtu + ETHERNET_HEADER;
  }

  get(word: number): number {
    return this.#words[this.#base + word]!;
  }

  set(word: number, value: number): void {
    this.#words[this.#base + word] = value;
  }

  /**
   * A new packet, from its Ethernet header on, as a driver gives it to the kernel (`eth_type_trans`).
   * @param packet 14 to 65,535 bytes; what lies in this CPU's packet area already stays where it is.
   * @throws RangeError for other lengths.
   */
  receive(packet: Uint8Array, link: LinkFacts): void {
    const { length } = packet;
    if (length < ETHERNET_HEADER || length > LONGEST_PACKET) {
      throw new RangeError(`packet: expected ${ETHERNET_HEADER} to ${LONGEST_PACKET} bytes, found ${length}`);
    }
    const { packetArea, context } = this.cpu;
    const inPlace =
      packet.buffer === this.#bytes.buffer &&
      packet.byteOffset >= packetArea &&
      packet.byteOffset + length <= packetArea + HEAD_ROOM + LONGEST_PACKET;
    this.data = inPlace ? packet.byteOffset : packetArea + HEAD_ROOM;
    if (!inPlace) this.#bytes.set(packet, this.data);
    this.end = this.data + length;
    this.#bytes.fill(0, context, context + SK_BUFF.size);
    this.metaSize = 0;
    this.encapsulated = false;
    this.checksumLevel = -1;
    this.hashed = false;
    this.tunnel = null;
    this.cgroup = null;
    if (this.tunnelOptions.length > 0) this.tunnelOptions = new Uint8Array(0);
    this.mac = this.data;
    this.network = this.data + ETHERNET_HEADER;
    this.link = link;
    this.set(SKB.ifindex, link.ifindex);
    this.set(SKB.pkt_type, this.#packetType(link));
    this.set(SKB.protocol, this.#protocolAt(this.data + 12));
    this.set(SKB.wire_len, length);
  }

  /** Opens the packet to a program: from the Ethernet header on, or from the network header. */
  open(space: AddressSpace, fromNetwork = false): void {
    this.#space = space;
    if (fromNetwork) this.data = this.network;
    space.contextStart = this.cpu.context;
    space.contextEnd = this.cpu.context + SK_BUFF.size + (this.get(SKB.sk) === 0 ? 0 : BPF_SOCK.size);
    this.#show();
  }

  /**
   * Gives the packet a socket that is not connected, on the packet's own addresses, as the kernel's test run does. It lies behind the
   * context.
   */
  showSocket(): void {
    const base = SK_BUFF.size >>> 2;
    const { network, end } = this;
    this.cgroup ??= this.cpu.room.cgroups.root;
    const protocol = this.get(SKB.protocol);
    const sock = (name: string): number => base + (fieldOf(BPF_SOCK, name).offset >>> 2);
    for (let word = base; word < base + (BPF_SOCK.size >>> 2); word++) this.set(word, 0);
    this.set(SKB.sk, this.cpu.context + SK_BUFF.size);
    this.set(sock("state"), SOCKET_STATE.close);
    this.set(sock("rx_queue_mapping"), 0xffff_ffff);
    const { view } = this.cpu.room.memory;
    const copy = (from: number, count: number, ...to: readonly number[]): void => {
      for (let word = 0; word < count; word++) for (const at of to) this.set(at + word, view.getUint32(from + word * 4, true));
    };
    if (protocol === PROTOCOL.ipv4 && network + 20 <= end) {
      copy(network + 12, 1, SKB.local_ip4, sock("src_ip4"));
      copy(network + 16, 1, SKB.remote_ip4, sock("dst_ip4"));
      this.set(SKB.family, AF.inet);
      this.set(sock("family"), AF.inet);
    } else if (protocol === PROTOCOL.ipv6 && network + 40 <= end) {
      copy(network + 8, 4, SKB.local_ip6, sock("src_ip6"));
      copy(network + 24, 4, SKB.remote_ip6, sock("dst_ip6"));
      this.set(SKB.family, AF.inet6);
      this.set(sock("family"), AF.inet6);
    }
  }

  /** The program ended: whoever comes next sees the packet from its Ethernet header on again. */
  close(): void {
    this.#space = null;
    this.begin = this.data;
    this.data = Math.min(this.data, this.mac);
  }

  // ── moving the ends ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Adds `size` bytes, of unknown contents, at the front. @returns false when there is no room, even if the packet moves. */
  push(size: number): boolean {
    const lowest = this.cpu.packetArea;
    if (this.data - size < lowest) {
      const limit = lowest + HEAD_ROOM + LONGEST_PACKET;
      const by = Math.min(HEAD_ROOM + size, limit - this.end);
      if (this.data + by - size < lowest) return false;
      this.#bytes.copyWithin(this.data + by, this.data, this.end);
      this.data += by;
      this.end += by;
      this.mac += by;
      this.network += by;
    }
    this.metaSize = 0;
    this.data -= size;
    this.#show();
    return true;
  }

  /** Takes `size` bytes away at the front; there are as many. */
  pull(size: number): void {
    this.metaSize = 0;
    this.data += size;
    this.#show();
  }

  /** Cuts at the end, or adds zeroes there. @returns false when there is no room, even if the packet moves. */
  resize(length: number): boolean {
    const limit = this.cpu.packetArea + HEAD_ROOM + LONGEST_PACKET;
    if (this.data + length > limit) {
      const by = this.data + length - limit;
      if (this.data - this.metaSize - by < this.cpu.packetArea) return false;
      this.#bytes.copyWithin(this.data - this.metaSize - by, this.data - this.metaSize, this.end);
      this.data -= by;
      this.end -= by;
      this.mac -= by;
      this.network -= by;
    }
    const end = this.data + length;
    if (end > this.end) this.#bytes.fill(0, this.end, end);
    this.end = end;
    this.#show();
    return true;
  }

  /** Whether it stands for several packets on the wire (`skb_is_gso`). */
  get isSegmented(): boolean {
    return this.get(SKB.gso_size) !== 0;
  }

  forgetSegments(): void {
    if (!this.isSegmented) return;
    this.set(SKB.gso_size, 0);
    this.set(SKB.gso_segs, 0);
  }

  /** The hash is of a packet that changed. */
  clearHash(): void {
    this.hashed = false;
    this.set(SKB.hash, 0);
  }

  /** What the context and the program's limits say of the packet's place. */
  #show(): void {
    const { data, end } = this;
    this.set(SKB.data, data);
    this.set(SKB.data_end, end);
    this.set(SKB.data_meta, data - this.metaSize);
    this.set(SKB.len, end - data);
    const space = this.#space;
    if (space === null) return;
    space.packetStart = data - this.metaSize;
    space.packetData = data;
    space.packetEnd = end;
    space.packetLimit = end;
  }

  // ── Ethernet ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #packetType({ mac, broadcast }: LinkFacts): number {
    const bytes = this.#bytes;
    const at = this.data;
    let own = true;
    let all = true;
    for (let byte = 0; byte < 6; byte++) {
      if (bytes[at + byte] !== mac[byte]) own = false;
      if (bytes[at + byte] !== broadcast[byte]) all = false;
    }
    if (own) return PACKET_TYPE.host;
    if ((bytes[at]! & 1) === 0) return PACKET_TYPE.otherHost;
    return all ? PACKET_TYPE.broadcast : PACKET_TYPE.multicast;
  }

  /** The protocol that an Ethernet type at `at` means, with what is behind it. */
  #protocolAt(at: number): number {
    const bytes = this.#bytes;
    const type = bytes[at]! | (bytes[at + 1]! << 8);
    if (bytes[at]! >= 6) return type;
    return this.end >= at + 4 && bytes[at + 2] === 0xff && bytes[at + 3] === 0xff ? PROTOCOL.raw802 : PROTOCOL.llc;
  }

  /** Whether the protocol is a VLAN's. */
  get isVlan(): boolean {
    const protocol = this.get(SKB.protocol);
    return protocol === PROTOCOL.vlan || protocol === PROTOCOL.serviceVlan;
  }

  /** Keeps a tag beside the packet, as hardware does (`__vlan_hwaccel_put_tag`); `protocol` in network order. */
  putTag(protocol: number, tci: number): void {
    this.set(SKB.vlan_present, 1);
    this.set(SKB.vlan_proto, protocol);
    this.set(SKB.vlan_tci, tci & 0xffff);
  }

  clearTag(): void {
    this.set(SKB.vlan_present, 0);
    this.set(SKB.vlan_proto, 0);
    this.set(SKB.vlan_tci, 0);
  }

  /** Writes the tag that is beside the packet into it (`__vlan_insert_tag`). @returns false when there is no room. */
  insertTag(): boolean {
    if (!this.push(4)) return false;
    const bytes = this.#bytes;
    const { data } = this;
    const protocol = this.get(SKB.vlan_proto);
    const tci = this.get(SKB.vlan_tci);
    bytes.copyWithin(data, data + 4, data + 16);
    bytes[data + 12] = protocol & 0xff;
    bytes[data + 13] = protocol >>> 8;
    bytes[data + 14] = tci >>> 8;
    bytes[data + 15] = tci & 0xff;
    this.mac -= 4;
    this.set(SKB.protocol, protocol);
    return true;
  }

  /** Takes the outermost tag out of the packet (`__skb_vlan_pop`). @returns its TCI, or -1 when the packet is too short. */
  removeTag(): number {
    if (this.length < ETHERNET_HEADER + 4) return -1;
    const bytes = this.#bytes;
    const { data } = this;
    const tci = (bytes[data + 14]! << 8) | bytes[data + 15]!;
    const protocol = this.#protocolAt(data + 16);
    bytes.copyWithin(data + 4, data, data + 12);
    this.pull(4);
    this.mac += 4;
    this.set(SKB.protocol, protocol);
    if (this.network - this.data < ETHERNET_HEADER) this.network = this.data + ETHERNET_HEADER;
    return tci;
  }

  /** A copy as it goes over the wire, the tag that is beside it included. */
  wirePacket(): Uint8Array {
    const { data, end } = this;
    if (this.get(SKB.vlan_present) === 0) return this.#bytes.slice(data, end);
    const packet = new Uint8Array(end - data + 4);
    const protocol = this.get(SKB.vlan_proto);
    const tci = this.get(SKB.vlan_tci);
    packet.set(this.#bytes.subarray(data, data + 12));
    packet.set([protocol & 0xff, protocol >>> 8, tci >>> 8, tci & 0xff], 12);
    packet.set(this.#bytes.subarray(data + 12, end), 16);
    return packet;
  }

  /** What a driver or the receiving path does with a tag in the packet: puts it beside (`skb_vlan_untag`). */
  untag(): void {
    if (this.get(SKB.vlan_present) !== 0 || !this.isVlan) return;
    const protocol = this.get(SKB.protocol);
    const tci = this.removeTag();
    if (tci >= 0) this.putTag(protocol, tci);
  }
}

/** The buffer of a CPU; made when the first program needs it. */
export function skbOf(cpu: Cpu): Skb {
  return (cpu.skb ??= new Skb(cpu));
}
