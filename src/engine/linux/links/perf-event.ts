/**
 * Programs that are called by samples: of time (`cpu-clock`), of what software or hardware counts. On every CPU or one, in one process
 * with all its threads and those that it starts, or in the processes of a control group. Since 4.9.
 */

import { AttachError } from "../../errors.ts";
import { openCgroup } from "../cgroups.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Facts } from "../facts.ts";
import { cpuList } from "../facts.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, systemError } from "./attaching.ts";
import { LinuxLink } from "./link.ts";
import { PERF_TYPE, perfAttribute } from "./perf-attribute.ts";
import { attachToEvent } from "./perf-link.ts";
import { type PerfEventName, PerfNameError, perfEventNamed } from "./perf-names.ts";

/** Of `perf_event_open`: the descriptor in the place of a process is a control group's (2.6.39). */
const PERF_FLAG_PID_CGROUP = 4;
/** Not a round number, so that it does not beat in time with what happens every 10 ms. */
const DEFAULT_FREQUENCY = 99;

export function attachPerfEvent(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a perf_event program", ["event", "frequency", "period", "pid", "cpu", "cgroup", "cookie"]);
  const { kernel, spec, options } = attaching;
  const name = options.event ?? spec.target ?? "cpu-clock";
  const { single, ...what } = named(attaching, name);
  const rate = rateOf(attaching, single);
  const speed = rate.frequency === undefined ? `every ${rate.period}` : `${rate.frequency} Hz`;
  const attempt: Attempt = {
    place: `perf_event ${name}, ${speed}, ${whereOf(attaching)}`,
    feature: "BPF_PROG_TYPE_PERF_EVENT",
    since: "4.9",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: {
      ENOENT: isHardware(what.type)
        ? "this machine has no such hardware counter; cpu-clock works everywhere"
        : "there is no such event",
      EINVAL: "the kernel takes no such rate (kernel.perf_event_max_sample_rate is the limit of a frequency)",
      ENOSPC: "all of the processor's registers for addresses are in use",
      EBADF: "it is no group of cgroup version 2",
      EOPNOTSUPP: "this event cannot be sampled, only counted",
    },
  };
  const descriptors: Descriptor[] = [];
  const group = options.cgroup === undefined ? null : openCgroup(kernel, options.cgroup);
  try {
    if (typeof group === "number") throw attachFailure(attaching, attempt, systemError("open", group));
    for (const { pid, cpu } of placesOf(attaching, group)) {
      const attribute = perfAttribute({ ...what, ...rate, inherit: group === null && pid >= 0 });
      const event = kernel.transport.perfEventOpen(attribute, pid, cpu, group === null ? 0 : PERF_FLAG_PID_CGROUP);
      if (event < 0) throw attachFailure(attaching, attempt, systemError("perf_event_open", event));
      descriptors.push(attachToEvent(attaching, attempt, event));
    }
  } catch (error) {
    for (const descriptor of descriptors) descriptor.close();
    throw error;
  } finally {
    // Events hold the group.
    if (group !== null && typeof group !== "number") group.close();
  }
  return new LinuxLink(kernel, { description: attempt.place, descriptors, fixed: true });
}

const isHardware = (type: number): boolean => type === PERF_TYPE.hardware || type === PERF_TYPE.cache || type === PERF_TYPE.raw;

function named({ kernel, spec }: Attaching, name: string): PerfEventName {
  try {
    return perfEventNamed(kernel.facts, name);
  } catch (error) {
    if (error instanceof PerfNameError) throw new AttachError(`program ${spec.name}: ${error.message}`);
    throw error;
  }
}

function whereOf({ options: { pid, cpu, cgroup } }: Attaching): string {
  const on = cpu === undefined ? "all CPUs" : `CPU ${cpu}`;
  if (cgroup !== undefined) return `control group ${cgroup}, ${on}`;
  return pid === undefined ? on : `process ${pid}`;
}

/** Events that are counted one by one call for each, unless a rate is wanted. */
function rateOf({ spec, options }: Attaching, single: boolean): { frequency?: number; period?: number } {
  const { frequency, period } = options;
  const check = (name: string, value: number): number => {
    if (Number.isInteger(value) && value >= 1 && value <= 1_000_000_000) return value;
    throw new AttachError(`program ${spec.name}: ${name}: expected a whole number from 1 to 1,000,000,000, found ${value}`);
  };
  if (frequency !== undefined && period !== undefined)
    throw new AttachError(`program ${spec.name}: frequency and period exclude each other`);
  if (period !== undefined) return { period: check("period", period) };
  if (frequency === undefined && single) return { period: 1 };
  return { frequency: check("frequency", frequency ?? DEFAULT_FREQUENCY) };
}

/** A place for each event: every CPU that runs, for all processes or those of a group; or every thread of the process. */
function placesOf(
  { kernel, spec, options }: Attaching,
  group: Descriptor | null,
): readonly { readonly pid: number; readonly cpu: number }[] {
  const { facts } = kernel;
  const { pid, cpu } = options;
  if (pid !== undefined && group !== null) throw new AttachError(`program ${spec.name}: pid and cgroup exclude each other`);
  const who = group?.fd ?? -1;
  if (pid !== undefined) {
    const threads = facts.list(`/proc/${pid}/task`).map(Number);
    if (threads.length === 0) throw new AttachError(`program ${spec.name}: pid: there is no process ${pid}`);
    return threads.map((thread) => ({ pid: thread, cpu: cpu ?? -1 }));
  }
  const online = onlineCpus(facts);
  if (cpu === undefined) return online.map((each) => ({ pid: who, cpu: each }));
  if (!online.includes(cpu)) throw new AttachError(`program ${spec.name}: cpu: there is no CPU ${cpu} that runs`);
  return [{ pid: who, cpu }];
}

function onlineCpus(facts: Facts): readonly number[] {
  return cpuList(facts.read("/sys/devices/system/cpu/online")) ?? [0];
}
