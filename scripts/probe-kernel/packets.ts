/** Where packets start and end in contexts, for programs that may read them. */
export const PACKETS: Readonly<Record<string, readonly [load: number, data: number, end: number]>> = {
  sched_cls: [0x61, 76, 80],
  xdp: [0x61, 0, 4],
  lwt_xmit: [0x61, 76, 80],
  lwt_in: [0x61, 76, 80],
  lwt_seg6local: [0x61, 76, 80],
  sk_skb: [0x61, 76, 80],
  "cgroup_skb/egress": [0x61, 76, 80],
  sk_msg: [0x79, 0, 8],
  sk_reuseport: [0x79, 0, 8],
  cgroup_getsockopt: [0x79, 8, 16],
  sock_ops: [0x79, 192, 200],
};
