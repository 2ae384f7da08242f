// Programs at hooks of control groups and sockets: each uses its context, and helpers that only it has.

import {
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_STATE_CB,
  BPF_SOCK_OPS_STATE_CB_FLAG,
  BPF_TCP_CLOSE,
  type be16,
  bpf_get_current_comm,
  bpf_get_current_pid_tgid,
  bpf_l3_csum_replace,
  bpf_l4_csum_replace,
  bpf_skb_load_bytes,
  bpf_sock_ops_cb_flags_set,
  bpf_strncmp,
  bpf_sysctl_get_name,
  cgroupConnect4,
  cgroupDevice,
  cgroupGetsockopt,
  cgroupSkbEgress,
  cgroupSysctl,
  type FixedArray,
  hash,
  perfEvent,
  SK_DROP,
  SK_PASS,
  skLookup,
  sockOps,
  syscall,
  TCX_PASS,
  type TcContext,
  tcxIngress,
  type u8,
  u32,
  type u64,
  zeroed,
} from "skep/bpf";
import { htons, Ipv4, type Ipv4Address, ipv4 } from "skep/bpf/net";

interface Target {
  address: Ipv4Address;
  port: be16;
  unused: be16;
}

export const targets = hash<Target, u64>({ maxEntries: 1024 });
export const counts = hash<u32, u64>({ maxEntries: 1024 });

export const connects = cgroupConnect4((ctx) => {
  targets.increment({ address: ctx.user_ip4, port: ctx.user_port, unused: 0 });
  if (ctx.user_ip4 === ipv4("192.0.2.1")) ctx.user_port = 8080;
  return ctx.user_port !== 25;
});

export const settings = cgroupSysctl((ctx) => {
  const name = zeroed<FixedArray<u8, 32>>();
  if (bpf_sysctl_get_name(ctx, name, 0) < 0) return 0;
  return ctx.write === 0 || bpf_strncmp(name, "net/") !== 0;
});

export const devices = cgroupDevice((ctx) => ctx.major === 1);

export const options = cgroupGetsockopt((ctx) => {
  const first = ctx.optval.u8(0);
  if (first !== null) counts.increment(first);
  ctx.retval = 0;
  return true;
});

export const leaving = cgroupSkbEgress((ctx) => {
  const ip = ctx.packet.at(Ipv4, 0);
  if (ip !== null) counts.increment(ip.protocol, ctx.len);
  return true;
});

export const lookup = skLookup((ctx) => (ctx.local_port === 80 && ctx.remote_ip4 !== ipv4("192.0.2.9") ? SK_PASS : SK_DROP));

export const connections = sockOps((ctx) => {
  if (ctx.op === BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_STATE_CB_FLAG);
  else if (ctx.op === BPF_SOCK_OPS_STATE_CB && ctx.args[1] === BPF_TCP_CLOSE) counts.increment(ctx.remote_port, ctx.bytes_acked);
});

function protocolOf(ctx: TcContext): u32 {
  const ip = ctx.packet.at(Ipv4, 14);
  return ip === null ? 0 : ip.protocol;
}

export const translate = tcxIngress((ctx) => {
  bpf_l3_csum_replace(ctx, 24, ipv4("10.0.0.1"), ipv4("10.0.0.2"), 4);
  bpf_l4_csum_replace(ctx, 50, htons(80), htons(8080), 2);
  const start = zeroed<FixedArray<u8, 8>>();
  if (bpf_skb_load_bytes(ctx, 0, start) === 0) counts.increment(start[0]);
  counts.increment(protocolOf(ctx));
  ctx.mark = 7;
  ctx.cb[1] = ctx.ifindex;
  return TCX_PASS;
});

export const samples = perfEvent((ctx) => {
  const name = zeroed<FixedArray<u8, 16>>();
  bpf_get_current_comm(name);
  counts.increment(u32(bpf_get_current_pid_tgid() >>> 32), ctx.sample_period + ctx.instructionPointer);
});

interface Sum {
  a: u32;
  b: u32;
  sum: u64;
}

export const add = syscall<Sum>((args) => {
  args.sum = args.a + args.b;
});
