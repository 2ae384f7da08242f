/** `skep run --raw`, `--tun`, `--tap`: on real traffic in the embedded engine, until Ctrl-C. */

import { openEmbedded } from "../engine/embedded/engine.ts";
import type { AnyMap, Collection } from "../engine/engine.ts";
import { type LiveDevice, openRawDevice, openTunDevice } from "../live/index.ts";
import { renderContents, shownMaps, type VariableValue, variablesToJson, variableValues } from "./contents.ts";
import { End } from "./end.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Job } from "./job.ts";
import { mapToJson, toJson } from "./maps.ts";
import { neededBy } from "./programs.ts";
import { count, counted, duration as durationText, type Style, styleFor, table } from "./terminal.ts";
import { exchange, moveLinks, type Running, type Successor, type Wanted } from "./watch/swap.ts";
import { tellKept, tellSwapped, type Watch } from "./watch/watch.ts";

export interface DeviceOptions {
  readonly kind: "raw" | "tun" | "tap";
  /** Of the interface. */
  readonly name: string;
  /** Seconds; undefined: until a signal. */
  readonly duration: number | undefined;
  /** Where newer versions of the program come from (`--watch`). */
  readonly watch: Pick<Watch<Job>, "next"> | undefined;
}

/** What the program left. */
interface Contents {
  readonly variables: readonly VariableValue[];
  readonly maps: readonly AnyMap[];
}

export async function runOnDevice(job: Job, { kind, name, duration, watch }: DeviceOptions): Promise<ExitStatus> {
  // From before anything is opened, so that no signal ends the process before it told how it went.
  using end = new End(duration);
  await using engine = openEmbedded({ unsafe: job.unsafe });
  const collection = await engine.load(job.spec, { programs: neededBy(job.program, job.spec) });
  applySettings(collection, job.settings);
  const style = styleFor(process.stdout);
  await using live =
    kind === "raw"
      ? await openRawDevice(engine, name)
      : await openTunDevice(engine, { name, frames: kind === "tap" ? "ethernet" : "ip" });
  const began = performance.now();
  const { attached } = await moveLinks([], toAttach(job, collection, live.name));
  let running: Running = { collection, attached };
  let current = job;
  try {
    const until = duration === undefined ? "Ctrl-C ends it" : `for ${duration} s`;
    const [first] = attached;
    process.stderr.write(`${style.bold(job.program)}: ${first?.link.description}; ${until}, and nothing stays attached\n`);
    const ended = new AbortController();
    const over = Promise.race([end.reached, live.ended]).then(() => ended.abort());
    for (let next = await watch?.next(ended.signal); next != null; next = await watch?.next(ended.signal)) {
      const start = performance.now();
      try {
        const { running: now, swapped, twice } = await exchange(engine, running, successorOf(next, live.name));
        running = now;
        current = next;
        tellSwapped(swapped, twice, start);
      } catch (error) {
        await tellKept(error);
      }
    }
    await over;
  } finally {
    for (const { link } of running.attached) await link.detach();
  }
  const elapsed = (performance.now() - began) * 1e6;
  const contents = { variables: variableValues(running.collection), maps: shownMaps(running.collection) };
  process.stdout.write(
    job.json ? `${toJson(report(current, live, elapsed, contents))}\n` : render(current, live, elapsed, contents, style),
  );
  return tell(live);
}

function toAttach(job: Job, collection: Collection, device: string): readonly Wanted[] {
  const program = collection.programs[job.program];
  if (program === undefined) throw new RangeError(`no program ${job.program}`);
  return [{ program, place: device, attach: () => program.attach({ interface: device }) }];
}

function successorOf(job: Job, device: string): Successor {
  return {
    spec: job.spec,
    load: { programs: neededBy(job.program, job.spec) },
    prepare: (collection, kept) => applySettings(collection, job.settings, kept),
    wanted: (collection) => toAttach(job, collection, device),
  };
}

/** What went wrong, on stderr; and the exit status. */
async function tell(live: LiveDevice): Promise<ExitStatus> {
  const { packets, first } = live.faults;
  if (first !== null)
    process.stderr.write(`skep: the program faulted on ${counted(packets, "packet")}; the first: ${first.message}\n`);
  await live.close();
  const why = await live.ended;
  if (why !== null) throw why;
  return first === null ? EXIT.ok : EXIT.refused;
}

function report(job: Job, live: LiveDevice, elapsed: number, { variables, maps }: Contents): unknown {
  return {
    program: job.program,
    engine: "embedded",
    interface: live.name,
    nanoseconds: Math.round(elapsed),
    packets: { ...live.device.counters },
    machine: { ...live.counters },
    faults: { packets: live.faults.packets, first: live.faults.first?.message ?? null },
    variables: variablesToJson(variables),
    maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])),
  };
}

function render(job: Job, live: LiveDevice, elapsed: number, { variables, maps }: Contents, style: Style): string {
  const rows = Object.entries(live.device.counters)
    .filter(([what, packets]) => packets > 0 || what === "received")
    .map(([what, packets]) => [what, count(packets)]);
  const columns = [
    { title: "packets", align: "left" },
    { title: "", align: "right" },
  ] as const;
  const lines = [
    `${style.bold(job.program)} ${style.dim(`on ${live.name}, ${durationText(elapsed)}, in the embedded engine; detached`)}`,
    "",
    ...table(columns, rows, style),
  ];
  lines.push(...renderContents(variables, maps, job.top, style));
  return `${lines.join("\n")}\n`;
}
