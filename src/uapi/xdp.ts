// Data from linux/bpf.h (Linux 6.18).

/** `enum xdp_action`: what a program's return value asks for. */
export const XDP = { ABORTED: 0, DROP: 1, PASS: 2, TX: 3, REDIRECT: 4 } as const;

/** Names of the verdicts, at their numbers. */
export const XDP_VERDICTS = ["aborted", "drop", "pass", "tx", "redirect"] as const;

/** `struct xdp_md`: offset of each field; all are u32. `data` … `data_meta` are addresses. */
export const XDP_MD = {
  data: 0,
  data_end: 4,
  data_meta: 8,
  ingress_ifindex: 12,
  rx_queue_index: 16,
  egress_ifindex: 20,
} as const;
