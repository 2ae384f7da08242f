/**
 * What programs cost. The kernel counts runs and their time only while somebody wants it, as it reads the clock twice a run: a descriptor of
 * `BPF_ENABLE_STATS` (5.8) keeps it counting, for all programs of the machine, until it is closed, however the process ends.
 */

import { setTimeout as wait } from "node:timers/promises";
import { FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { objectIds, openObject } from "../objects/by-id.ts";
import { explainRefusal } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { readProgram, readStatistics } from "./program-info.ts";
import type { LoadSample, ProgramInfo, ProgramLoad, RunStatistics } from "./types.ts";

/** `BPF_STATS_RUN_TIME` of linux/bpf.h: the only kind there is. */
const RUN_TIME = 0;

/** @throws PrivilegeError without CAP_SYS_ADMIN; FeatureError before Linux 5.8 */
export function enableStatistics(kernel: Kernel): Descriptor {
  const request = new Request(kernel.transport, "enable_stats").u32("type", RUN_TIME);
  const fd = request.send();
  if (fd >= 0) return kernel.ledger.adopt(fd, "statistics of programs");
  const cause = request.error(fd);
  const what = "switching on the statistics of programs";
  if (cause.errno === ERRNO.EPERM) throw explainRefusal(kernel.facts, what, ["CAP_SYS_ADMIN"], cause);
  if (cause.errno === ERRNO.EINVAL)
    throw new FeatureError(
      "BPF_ENABLE_STATS",
      "5.8",
      `${what} needs Linux 5.8, this is ${kernel.facts.release}; before (5.1), sysctl kernel.bpf_stats_enabled=1 does it for all`,
      { cause },
    );
  throw cause;
}

/** What is known of a program from one look to the next. */
interface Known {
  readonly program: ProgramInfo;
  readonly statistics: RunStatistics;
  /** Of `performance.now`. */
  readonly time: number;
}

/**
 * Looks at all programs again and again: what each did since the last look, the busiest first. Counting is on meanwhile.
 * @param interval milliseconds
 */
export async function* sampleLoads(
  kernel: Kernel,
  interval: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<LoadSample, undefined, undefined> {
  using _counting = enableStatistics(kernel);
  let before = look(kernel, new Map());
  while (signal?.aborted !== true) {
    try {
      await wait(interval, undefined, signal === undefined ? {} : { signal });
    } catch {
      // Aborted: what was done until then is not told, as nobody waits for it.
      return;
    }
    const now = look(kernel, before);
    const programs = [...now].flatMap(([id, known]) => loadOf(before.get(id), known));
    yield {
      time: new Date(),
      programs: programs.sort((a, b) => b.runTime - a.runTime || a.program.id - b.program.id),
    };
    before = now;
  }
}

/** All that there is to know of new programs, and the statistics of all. */
function look(kernel: Kernel, before: ReadonlyMap<number, Known>): ReadonlyMap<number, Known> {
  const now = new Map<number, Known>();
  for (const id of objectIds(kernel, "program")) {
    using descriptor = openObject(kernel, "program", id);
    if (descriptor === null) continue;
    const program = before.get(id)?.program ?? readProgram(kernel, descriptor);
    const statistics = readStatistics(kernel, descriptor);
    if (statistics !== null) now.set(id, { program, statistics, time: performance.now() });
  }
  return now;
}

/** Nothing of a program that was not there before: it is in the next sample. */
function loadOf(before: Known | undefined, { program, statistics, time }: Known): ProgramLoad[] {
  if (before === undefined) return [];
  const interval = (time - before.time) * 1e6;
  const runTime = statistics.runTime - before.statistics.runTime;
  const runCount = statistics.runCount - before.statistics.runCount;
  return [
    {
      program: { ...program, statistics },
      interval,
      runTime,
      runCount,
      recursionMisses: statistics.recursionMisses - before.statistics.recursionMisses,
      cpu: interval > 0 ? runTime / interval : 0,
    },
  ];
}
