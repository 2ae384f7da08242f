/** Tracepoints by name, `sched/sched_switch` (programs: since 4.7). The program sees the fields of the event's format. */

import { nearest } from "../../../nearest.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, eventOf, systemError } from "./attaching.ts";
import { LinuxLink } from "./link.ts";
import { PERF_TYPE, perfAttribute } from "./perf-attribute.ts";
import { attachToEvent } from "./perf-link.ts";
import { withTracefs } from "./tracefs.ts";

export function attachTracepoint(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a tracepoint program", ["event", "cookie"]);
  const { kernel, spec } = attaching;
  const event = eventOf(attaching, "a tracepoint program", "sched/sched_switch");
  const attempt: Attempt = {
    place: `tracepoint ${event}`,
    feature: "BPF_PROG_TYPE_TRACEPOINT",
    since: "4.7",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
  };
  const config = BigInt(tracepointId(kernel, spec.name, event));
  // A tracepoint runs its programs on every CPU and in every process, wherever the event was opened.
  const opened = kernel.transport.perfEventOpen(perfAttribute({ type: PERF_TYPE.tracepoint, config, period: 1 }), -1, 0);
  if (opened < 0) throw attachFailure(attaching, attempt, systemError("perf_event_open", opened));
  const descriptors = [attachToEvent(attaching, attempt, opened)];
  return new LinuxLink(kernel, { description: attempt.place, descriptors, fixed: true });
}

/** @throws AttachError for a name that is none, with the nearest; FeatureError where there is no tracefs. */
function tracepointId(kernel: Kernel, program: string, event: string): number {
  const { facts } = kernel;
  const [system = "", name = "", ...rest] = event.split(/[/:]/);
  const id = withTracefs(kernel, (root) => {
    const valid = rest.length === 0 && /^[\w-]+$/.test(system) && /^[\w-]+$/.test(name);
    const text = valid ? facts.read(`${root}/events/${system}/${name}/id`) : null;
    if (text !== null) return Number(text);
    const folders = (path: string) => facts.list(path).filter((entry) => entry !== "enable" && entry !== "filter");
    const systems = folders(`${root}/events`);
    const known = systems.includes(system);
    const near = known ? nearest(name, folders(`${root}/events/${system}`)) : nearest(system, systems);
    const meant = near === null ? "" : `; did you mean ${known ? `${system}/` : ""}${near}${known ? "" : `/${name}`}?`;
    throw new AttachError(`program ${program}: there is no tracepoint ${JSON.stringify(event)} (SYSTEM/NAME)${meant}`);
  });
  if (id !== null) return id;
  throw new FeatureError("tracefs", null, `program ${program}: tracepoint ${event}: tracefs is not mounted, and cannot be`);
}
