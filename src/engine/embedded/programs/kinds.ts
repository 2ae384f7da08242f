/** The program types that the embedded engine runs. Each is imported when a Spec first needs it. */

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { ProgramKind } from "./kind.ts";

const KINDS: { readonly [Type in ProgramType]?: () => Promise<ProgramKind> } = {
  xdp: async () => (await import("./xdp.ts")).xdpKind,
  sched_cls: async () => (await import("./tc.ts")).schedCls,
  sched_act: async () => (await import("./tc.ts")).schedAct,
  socket_filter: async () => (await import("./skb-kinds.ts")).socketFilter,
  cgroup_skb: async () => (await import("./skb-kinds.ts")).cgroupSkb,
  lwt_in: async () => (await import("./skb-kinds.ts")).lwtIn,
  lwt_out: async () => (await import("./skb-kinds.ts")).lwtOut,
  lwt_xmit: async () => (await import("./skb-kinds.ts")).lwtXmit,
  sk_skb: async () => (await import("./skb-kinds.ts")).skSkb,
  cgroup_sock: async () => (await import("./sockets.ts")).cgroupSock,
  cgroup_sock_addr: async () => (await import("./sockets.ts")).sockAddr,
  cgroup_sysctl: async () => (await import("./sockets.ts")).cgroupSysctl,
  cgroup_device: async () => (await import("./sockets.ts")).cgroupDevice,
  cgroup_sockopt: async () => (await import("./sockets.ts")).cgroupSockopt,
  sock_ops: async () => (await import("./sockets.ts")).sockOps,
  sk_lookup: async () => (await import("./sockets.ts")).skLookup,
  sk_msg: async () => (await import("./sockets.ts")).skMsg,
  sk_reuseport: async () => (await import("./sockets.ts")).skReuseport,
  flow_dissector: async () => (await import("./sockets.ts")).flowDissector,
  tracepoint: async () => (await import("./tracing.ts")).tracepointKind,
  raw_tracepoint: async () => (await import("./tracing.ts")).rawTracepointKind,
  raw_tracepoint_writable: async () => (await import("./tracing.ts")).writableRawTracepointKind,
  kprobe: async () => (await import("./tracing.ts")).kprobeKind,
  perf_event: async () => (await import("./tracing.ts")).perfEventKind,
  tracing: async () => (await import("./tracing.ts")).tracingKind,
  lsm: async () => (await import("./tracing.ts")).lsmKind,
  syscall: async () => (await import("./tracing.ts")).syscallKind,
};

export const PROGRAM_TYPES = Object.keys(KINDS) as readonly ProgramType[];

/** Null when the engine does not run that type. */
export async function loadKind(type: ProgramType): Promise<ProgramKind | null> {
  return (await KINDS[type]?.()) ?? null;
}
