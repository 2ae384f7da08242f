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

/** Address families of linux/socket.h. */
export const AF = { inet: 2, inet6: 10 } as const;

/** `BPF_TCP_*`: states of a socket, of all protocols. */
export const SOCKET_STATE = { established: 1, synSent: 2, synReceived: 3, close: 7, listen: 10 } as const;
