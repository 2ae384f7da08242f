/**
 * Probes as events of the tracing file system, for kernels that open none through perf (before 4.17): `p:skep/NAME TARGET` is written to
 * `kprobe_events` or `uprobe_events`, and the event that comes of it is opened as a tracepoint. It is removed when the link is detached, and stays, with
 * nothing attached to it, when the process is killed. Documentation/trace/kprobetrace.rst, uprobetracer.rst.
 */

import type { Kernel } from "../kernel.ts";
import { ERRNO } from "../sys/system-error.ts";
import { PERF_TYPE, perfAttribute } from "./perf-attribute.ts";
import { withTracefs } from "./tracefs.ts";

export interface TracedProbe {
  readonly kind: "kprobe" | "uprobe";
  readonly returns: boolean;
  /** `do_unlinkat+0x10`, `/bin/app:0x1234`. */
  readonly target: string;
  /** As `perf_event_open` has them. */
  readonly pid: number;
  readonly cpu: number;
}

/** An event that is open, and what takes the probe away when it is closed. */
export interface OpenedProbe {
  readonly event: number;
  readonly remove: () => void;
}

const GROUP = "skep";
let made = 0;

/** Null where the kernel has no such events; an error number, negated. */
export function openTracedProbe(kernel: Kernel, { kind, returns, target, pid, cpu }: TracedProbe): OpenedProbe | number | null {
  const name = `${kind}_${process.pid}_${made++}`;
  const write = (text: string): number | null =>
    withTracefs(kernel, (root) => kernel.transport.append(`${root}/${kind}_events`, text));
  const added = write(`${returns ? "r" : "p"}:${GROUP}/${name} ${target}\n`);
  // Without the file there is no such thing; a function that is not there is ENOENT, too, before 5.5.
  if (added === null || (added === -ERRNO.ENOENT && !hasFile(kernel, kind))) return null;
  if (added < 0) return added;
  const remove = (): void => void write(`-:${GROUP}/${name}\n`);
  const id = withTracefs(kernel, (root) => kernel.facts.read(`${root}/events/${GROUP}/${name}/id`));
  const event =
    id === null
      ? -ERRNO.ENOENT
      : kernel.transport.perfEventOpen(perfAttribute({ type: PERF_TYPE.tracepoint, config: BigInt(id), period: 1 }), pid, cpu);
  if (event >= 0) return { event, remove };
  remove();
  return event;
}

const hasFile = (kernel: Kernel, kind: TracedProbe["kind"]): boolean =>
  withTracefs(kernel, (root) => kernel.facts.list(root).includes(`${kind}_events`)) ?? false;
