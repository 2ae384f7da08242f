/**
 * Programs that are called by samples: of time (`cpu-clock`), of what software or hardware counts. On every CPU or one, or in one process
 * with all its threads and those that it starts. Since 4.9.
 */

import { nearest } from "../../../nearest.ts";
import { AttachError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Facts } from "../facts.ts";
import { cpuList } from "../facts.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, systemError } from "./attaching.ts";
import { LinuxLink } from "./link.ts";
import { PERF_EVENTS, PERF_TYPE, perfAttribute } from "./perf-attribute.ts";
import { attachToEvent } from "./perf-link.ts";

/** Not a round number, so that it does not beat in time with what happens every 10 ms. */
const DEFAULT_FREQUENCY = 99;

export function attachPerfEvent(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a perf_event program", ["event", "frequency", "period", "pid", "cpu", "cookie"]);
  const { kernel, spec, options } = attaching;
  const name = options.event ?? spec.target ?? "cpu-clock";
  const known = PERF_EVENTS[name];
  if (known === undefined) {
    const near = nearest(name, Object.keys(PERF_EVENTS));
    const list = near === null ? `there are ${Object.keys(PERF_EVENTS).join(", ")}` : `did you mean ${near}?`;
    throw new AttachError(`program ${spec.name}: nobody counts ${JSON.stringify(name)}; ${list}`);
  }
  const [type, config] = known;
  const rate = rateOf(attaching, type === PERF_TYPE.software && config > 1);
  const places = placesOf(attaching);
  const where =
    options.pid !== undefined ? `process ${options.pid}` : options.cpu !== undefined ? `CPU ${options.cpu}` : "all CPUs";
  const speed = rate.frequency === undefined ? `every ${rate.period}` : `${rate.frequency} Hz`;
  const attempt: Attempt = {
    place: `perf_event ${name}, ${speed}, ${where}`,
    feature: "BPF_PROG_TYPE_PERF_EVENT",
    since: "4.9",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: {
      ENOENT:
        type === PERF_TYPE.hardware
          ? "this machine has no such hardware counter; cpu-clock works everywhere"
          : "there is no such event",
      EINVAL: "the kernel takes no such rate (kernel.perf_event_max_sample_rate is the limit of a frequency)",
    },
  };
  const descriptors: Descriptor[] = [];
  try {
    for (const { pid, cpu } of places) {
      const attribute = perfAttribute({ type, config: BigInt(config), ...rate, inherit: pid >= 0 });
      const event = kernel.transport.perfEventOpen(attribute, pid, cpu);
      if (event < 0) throw attachFailure(attaching, attempt, systemError("perf_event_open", event));
      descriptors.push(attachToEvent(attaching, attempt, event));
    }
  } catch (error) {
    for (const descriptor of descriptors) descriptor.close();
    throw error;
  }
  return new LinuxLink(kernel, { description: attempt.place, descriptors, fixed: true });
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

/** A place for each event: every CPU that runs, or every thread of the process. */
function placesOf({ kernel, spec, options }: Attaching): readonly { readonly pid: number; readonly cpu: number }[] {
  const { facts } = kernel;
  const { pid, cpu } = options;
  if (pid !== undefined) {
    const threads = facts.list(`/proc/${pid}/task`).map(Number);
    if (threads.length === 0) throw new AttachError(`program ${spec.name}: pid: there is no process ${pid}`);
    return threads.map((thread) => ({ pid: thread, cpu: cpu ?? -1 }));
  }
  const online = onlineCpus(facts);
  if (cpu === undefined) return online.map((each) => ({ pid: -1, cpu: each }));
  if (!online.includes(cpu)) throw new AttachError(`program ${spec.name}: cpu: there is no CPU ${cpu} that runs`);
  return [{ pid: -1, cpu }];
}

function onlineCpus(facts: Facts): readonly number[] {
  return cpuList(facts.read("/sys/devices/system/cpu/online")) ?? [0];
}
