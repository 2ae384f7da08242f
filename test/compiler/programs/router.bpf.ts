// Forwards as the routing table says, and refuses what a listening socket would get.

import {
  AF_INET,
  BPF_FIB_LKUP_RET_SUCCESS,
  bpf_fib_lookup,
  bpf_redirect,
  bpf_sk_lookup_tcp,
  bpf_sk_release,
  type bpf_sock_tuple4,
  TC_ACT_OK,
  tc,
  XDP_DROP,
  XDP_PASS,
  XDP_REDIRECT,
  xdp,
  zeroed,
} from "skep/bpf";
import { Ethernet, Ipv4 } from "skep/bpf/net";
export const route = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  const ip = ctx.packet.at(Ipv4, 14);
  if (eth === null || ip === null || ip.ttl <= 1) return XDP_PASS;
  const fib = zeroed<bpf_fib_lookup>();
  fib.family = AF_INET;
  fib.l4_protocol = ip.protocol;
  fib.tot_len = ip.totalLength;
  fib.tos = ip.dscp;
  fib.ipv4_src = ip.source;
  fib.ipv4_dst = ip.destination;
  fib.ifindex = ctx.ingress_ifindex;
  if (bpf_fib_lookup(ctx, fib, 0) !== BPF_FIB_LKUP_RET_SUCCESS) return XDP_PASS;
  eth.destination = fib.dmac;
  eth.source = fib.smac;
  ip.ttl -= 1;
  return bpf_redirect(fib.ifindex, 0) === XDP_REDIRECT ? XDP_REDIRECT : XDP_DROP;
});
export const find = tc((ctx) => {
  const ip = ctx.packet.at(Ipv4, 14);
  if (ip === null) return TC_ACT_OK;
  const tuple: bpf_sock_tuple4 = { saddr: ip.source, daddr: ip.destination, sport: 5, dport: 80 };
  const sk = bpf_sk_lookup_tcp(ctx, tuple, -1, 0);
  if (sk !== null) {
    const listens = sk.state === 10;
    bpf_sk_release(sk);
    if (listens) return 2;
  }
  return TC_ACT_OK;
});
