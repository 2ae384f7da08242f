/** Raw tracepoints, `sched_switch`: the arguments themselves, before they are written into an event (since 4.17; cookies: 6.10). */

import { Request } from "../request.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, cookieOf, eventOf, linkOf } from "./attaching.ts";
import type { LinuxLink } from "./link.ts";

export function attachRawTracepoint(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a raw tracepoint program", ["event", "cookie"]);
  const event = eventOf(attaching, "a raw tracepoint program", "sched_switch");
  // Some name the event as a tracepoint: the system before the slash says nothing here.
  const name = event.slice(event.lastIndexOf("/") + 1);
  const attempt: Attempt = {
    place: `raw_tp ${name}`,
    feature: "BPF_RAW_TRACEPOINT_OPEN",
    since: "4.17",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: {
      ENOENT: "there is no such tracepoint; /sys/kernel/tracing/available_events lists them (without what is before the colon)",
    },
  };
  const { kernel, descriptor } = attaching;
  const request = new Request(kernel.transport, "raw_tracepoint_open")
    .u32("prog_fd", descriptor.fd)
    .u64("cookie", cookieOf(attaching))
    .pointer("name", new TextEncoder().encode(`${name}\0`));
  const result = request.send();
  if (result < 0) throw attachFailure(attaching, attempt, request.error(result));
  return linkOf(attaching, attempt, result);
}
