// TCP connections of a control group: round trip times and retransmits of each, as they are, and a record when one ends.
//
//   sudo skep run examples/sock-ops.bpf.ts --cgroup /sys/fs/cgroup/web

import {
  AF_INET,
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_RETRANS_CB,
  BPF_SOCK_OPS_RETRANS_CB_FLAG,
  BPF_SOCK_OPS_RTT_CB,
  BPF_SOCK_OPS_RTT_CB_FLAG,
  BPF_SOCK_OPS_STATE_CB,
  BPF_SOCK_OPS_STATE_CB_FLAG,
  BPF_TCP_CLOSE,
  bpf_get_socket_cookie,
  bpf_sock_ops_cb_flags_set,
  lruHash,
  ringBuffer,
  type SockOpsContext,
  sockOps,
  u16,
  u32,
  type u64,
} from "skep/bpf";
import { type Ipv6Address, ipv4Mapped } from "skep/bpf/net";

interface Connection {
  family: u32;
  localPort: u16;
  remotePort: u16;
  /** IPv4 addresses are mapped: ::ffff:192.0.2.1. */
  remote: Ipv6Address;
  /** Whether the other side opened it. */
  passive: u32;
  /** Microseconds. */
  roundTrip: u32;
  roundTripMin: u32;
  roundTrips: u32;
  retransmits: u32;
  bytesReceived: u64;
  bytesAcknowledged: u64;
}

/** What is open now, by the socket's cookie. */
export const connections = lruHash<u64, Connection>({ maxEntries: 16_384 });

/** What has ended. */
export const ended = ringBuffer<Connection>({ maxEntries: 256 * 1024 });

function opened(ctx: SockOpsContext, cookie: u64, passive: u32): void {
  const connection: Connection = {
    family: ctx.family,
    localPort: u16(ctx.local_port),
    remotePort: u16(ctx.remote_port),
    remote: ipv4Mapped(ctx.remote_ip4),
    passive,
    roundTrip: 0,
    roundTripMin: 0,
    roundTrips: 0,
    retransmits: 0,
    bytesReceived: 0,
    bytesAcknowledged: 0,
  };
  if (ctx.family !== AF_INET) connection.remote = ctx.remote_ip6;
  connections.set(cookie, connection);
  bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_RTT_CB_FLAG | BPF_SOCK_OPS_RETRANS_CB_FLAG | BPF_SOCK_OPS_STATE_CB_FLAG);
}

export const connection = sockOps((ctx) => {
  const cookie = bpf_get_socket_cookie(ctx);
  const op = ctx.op;
  if (op === BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB || op === BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) {
    opened(ctx, cookie, u32(op === BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB));
    return 1;
  }
  if (op !== BPF_SOCK_OPS_RTT_CB && op !== BPF_SOCK_OPS_RETRANS_CB && op !== BPF_SOCK_OPS_STATE_CB) return 1;

  const known = connections.get(cookie);
  if (known === null) return 1;
  if (op === BPF_SOCK_OPS_RETRANS_CB) {
    known.retransmits += 1;
  } else if (op === BPF_SOCK_OPS_RTT_CB) {
    // The kernel keeps eight times the smoothed time.
    known.roundTrip = ctx.srtt_us >> 3;
    known.roundTripMin = ctx.rtt_min;
    known.roundTrips += 1;
  } else if (ctx.args[1] === BPF_TCP_CLOSE) {
    known.bytesReceived = ctx.bytes_received;
    known.bytesAcknowledged = ctx.bytes_acked;
    ended.output(known);
    connections.delete(cookie);
  }
  return 1;
});
