/** The structs that contexts of program types are, for names of their fields; types that are not here have bytes. */

import { DEVICE, SK_LOOKUP, SK_MSG, SK_REUSEPORT, SOCK_ADDR, SOCK_OPS, SOCKOPT, SYSCTL } from "../../../uapi/contexts/cgroup.ts";
import { SK_BUFF } from "../../../uapi/contexts/sk-buff.ts";
import { BPF_SOCK } from "../../../uapi/contexts/sock.ts";
import type { ContextField, ContextStruct } from "../../../uapi/contexts/struct.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { XDP_MD } from "../../../uapi/xdp.ts";

const STRUCTS: { readonly [Type in ProgramType]?: ContextStruct } = {
  socket_filter: SK_BUFF,
  sched_cls: SK_BUFF,
  sched_act: SK_BUFF,
  cgroup_skb: SK_BUFF,
  cgroup_sock: BPF_SOCK,
  cgroup_sock_addr: SOCK_ADDR,
  cgroup_sysctl: SYSCTL,
  cgroup_sockopt: SOCKOPT,
  cgroup_device: DEVICE,
  sock_ops: SOCK_OPS,
  sk_skb: SK_BUFF,
  sk_msg: SK_MSG,
  sk_lookup: SK_LOOKUP,
  sk_reuseport: SK_REUSEPORT,
  flow_dissector: SK_BUFF,
  lwt_in: SK_BUFF,
  lwt_out: SK_BUFF,
  lwt_xmit: SK_BUFF,
};

const XDP_FIELDS: readonly ContextField[] = Object.entries(XDP_MD).map(([name, offset]) => ({ name, offset, size: 4, count: 1 }));

/** In order of their offsets. */
export function contextFields(type: ProgramType): readonly ContextField[] {
  return type === "xdp" ? XDP_FIELDS : (STRUCTS[type]?.fields ?? []);
}

/** A field as unsigned numbers: one, or an array of them. */
export function readField(view: DataView, base: number, { offset, size, count }: ContextField): bigint | readonly bigint[] {
  const width = size / count;
  const values = Array.from({ length: count }, (_, index) => {
    const at = base + offset + index * width;
    let value = 0n;
    for (let byte = width - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(view.getUint8(at + byte));
    return value;
  });
  return count === 1 ? values[0]! : values;
}
