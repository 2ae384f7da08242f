// Data from linux/bpf.h (Linux 6.18).

import { contextStruct } from "./struct.ts";

/** What XDP programs see. `data`, `data_end` and `data_meta` are addresses. */
export const XDP_MD_STRUCT = contextStruct("struct xdp_md", {
  data: 4,
  data_end: 4,
  data_meta: 4,
  ingress_ifindex: 4,
  rx_queue_index: 4,
  egress_ifindex: 4,
});
