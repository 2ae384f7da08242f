/**
 * Tunnel metadata of a packet (net/core/filter.c, Linux 6.18). Here it goes with the packet from device to device; a host that ends
 * tunnels finds it at the device (`PacketDevice`).
 */

import { skbOf } from "../contexts/skb.ts";
import { EINVAL, ENOENT, ENOMEM, EPROTO } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** `struct bpf_tunnel_key`: offsets. */
const KEY = { id: 0, remote: 4, tos: 20, ttl: 21, ext: 22, label: 24, local: 28, size: 44 } as const;

/** Sizes of its older forms: up to the remote IPv4 address, `tunnel_ttl`, `tunnel_label`. */
const COMPATIBLE: readonly number[] = [8, 22, 24, 28];

const IPV6 = 1;
/** BPF_F_ZERO_CSUM_TX, DONT_FRAGMENT, SEQ_NUMBER, NO_TUNNEL_KEY. */
const ALL_SETTING = IPV6 | 2 | 4 | 8 | 32;
const TUNINFO_FLAGS = 16;
const LONGEST_OPTIONS = 255;

function set(call: HelperCall, _skb: number, from: number, size: number, flags: number): number {
  if (call.highOf(4) !== 0 || (flags & ~ALL_SETTING) !== 0) return -EINVAL;
  if (size !== KEY.size && !COMPATIBLE.includes(size)) return -EINVAL;
  const ipv6 = (flags & IPV6) !== 0;
  const key = new Uint8Array(KEY.size);
  key.set(call.memory.bytes.subarray(from >>> 0, (from >>> 0) + size));
  const hasLabel = key.subarray(KEY.label, KEY.label + 4).some((byte) => byte !== 0);
  if ((!ipv6 && hasLabel) || (key[KEY.ext]! | key[KEY.ext + 1]!) !== 0) return -EINVAL;
  const skb = skbOf(call.cpu);
  skb.tunnel = { key, ipv6 };
  skb.tunnelOptions = new Uint8Array(0);
  return 0;
}

/** What a packet came with: its source is the remote end; of one that a program set, that is the local one. */
function get(call: HelperCall, _skb: number, to: number, size: number, flags: number): number {
  const { bytes } = call.memory;
  const at = to >>> 0;
  const { tunnel } = skbOf(call.cpu);
  const clear = (error: number): number => {
    bytes.fill(0, at, at + size);
    return error;
  };
  if (tunnel === null || call.highOf(4) !== 0 || (flags & ~(IPV6 | TUNINFO_FLAGS)) !== 0) return clear(-EINVAL);
  if (tunnel.ipv6 !== ((flags & IPV6) !== 0)) return clear(-EPROTO);
  if (size !== KEY.size && !COMPATIBLE.includes(size)) return clear(-EINVAL);
  const key = tunnel.key.slice();
  key.set(tunnel.key.subarray(KEY.local, KEY.local + 16), KEY.remote);
  key.set(tunnel.key.subarray(KEY.remote, KEY.remote + 16), KEY.local);
  if (!tunnel.ipv6) {
    key.fill(0, KEY.remote + 4, KEY.remote + 16);
    key.fill(0, KEY.local + 4, KEY.local + 16);
    key.fill(0, KEY.label, KEY.label + 4);
  }
  bytes.set(key.subarray(0, size), at);
  return 0;
}

function setOptions(call: HelperCall, _skb: number, from: number, size: number): number {
  const skb = skbOf(call.cpu);
  if (skb.tunnel === null || (size & 3) !== 0) return -EINVAL;
  if (size > LONGEST_OPTIONS) return -ENOMEM;
  skb.tunnelOptions = call.memory.bytes.slice(from >>> 0, (from >>> 0) + size);
  return 0;
}

function getOptions(call: HelperCall, _skb: number, to: number, size: number): number {
  const { bytes } = call.memory;
  const at = to >>> 0;
  const { tunnel, tunnelOptions } = skbOf(call.cpu);
  bytes.fill(0, at, at + size);
  if (tunnel === null || tunnelOptions.length === 0) return -ENOENT;
  if (size < tunnelOptions.length) return -ENOMEM;
  bytes.set(tunnelOptions, at);
  return tunnelOptions.length;
}

/** Linux 4.3 and 4.6. */
export const tunnelHelpers: readonly Helper[] = [
  helper("bpf_skb_set_tunnel_key", ["context", "read", "size", "wide"], "int", set),
  helper("bpf_skb_get_tunnel_key", ["context", "write", "size", "wide"], "int", get),
  helper("bpf_skb_set_tunnel_opt", ["context", "read", "size"], "int", setOptions),
  helper("bpf_skb_get_tunnel_opt", ["context", "write", "size"], "int", getOptions),
];
