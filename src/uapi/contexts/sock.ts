// Data from linux/bpf.h (Linux 6.18).

import { contextStruct } from "./struct.ts";

/** What programs see of a socket. Addresses in network order, and `dst_port`: 16 bits, then two zero bytes. All of it may be read, none written. */
export const BPF_SOCK = contextStruct("struct bpf_sock", {
  bound_dev_if: 4,
  family: 4,
  type: 4,
  protocol: 4,
  mark: 4,
  priority: 4,
  src_ip4: 4,
  src_ip6: [4, 4],
  src_port: 4,
  dst_port: 4,
  dst_ip4: 4,
  dst_ip6: [4, 4],
  state: 4,
  rx_queue_mapping: 4,
});

/** What is known of a TCP connection, beside its socket. */
export const BPF_TCP_SOCK = contextStruct("struct bpf_tcp_sock", {
  snd_cwnd: 4,
  srtt_us: 4,
  rtt_min: 4,
  snd_ssthresh: 4,
  rcv_nxt: 4,
  snd_nxt: 4,
  snd_una: 4,
  mss_cache: 4,
  ecn_flags: 4,
  rate_delivered: 4,
  rate_interval_us: 4,
  packets_out: 4,
  retrans_out: 4,
  total_retrans: 4,
  segs_in: 4,
  data_segs_in: 4,
  segs_out: 4,
  data_segs_out: 4,
  lost_out: 4,
  sacked_out: 4,
  bytes_received: 8,
  bytes_acked: 8,
  dsack_dups: 4,
  delivered: 4,
  delivered_ce: 4,
  icsk_retransmits: 4,
});

/** An AF_XDP socket, as a lookup in an xskmap gives it. */
export const BPF_XDP_SOCK = contextStruct("struct bpf_xdp_sock", { queue_id: 4 });

/** Address families of linux/socket.h. */
export const AF = { inet: 2, inet6: 10 } as const;

/** `BPF_TCP_*`: states of a socket, of all protocols. */
export const SOCKET_STATE = { established: 1, synSent: 2, synReceived: 3, close: 7, listen: 10 } as const;
