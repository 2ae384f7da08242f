/** The program types that the embedded engine runs. Each is imported when a Spec first needs it. */

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { ProgramKind } from "./kind.ts";

const KINDS: { readonly [Type in ProgramType]?: () => Promise<ProgramKind> } = {
  xdp: async () => (await import("./xdp.ts")).xdpKind,
  sched_cls: async () => (await import("./tc.ts")).schedCls,
  sched_act: async () => (await import("./tc.ts")).schedAct,
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
