/** `skep run --raw`, `--tun`, `--tap`: on real traffic in the embedded engine, until Ctrl-C. */

import { openEmbedded } from "../engine/embedded/engine.ts";
import type { AnyMap } from "../engine/engine.ts";
import { type LiveDevice, openRawDevice, openTunDevice } from "../live/index.ts";
import { renderContents, shownMaps, type VariableValue, variablesToJson, variableValues } from "./contents.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Job } from "./job.ts";
import { End } from "./live.ts";
import { mapToJson, toJson } from "./maps.ts";
import { count, duration as durationText, type Style, styleFor, table } from "./terminal.ts";

export interface DeviceOptions {
  readonly kind: "raw" | "tun" | "tap";
  /** Of the interface. */
  readonly name: string;
  /** Seconds; undefined: until a signal. */
  readonly duration: number | undefined;
}

/** What the program left. */
interface Contents {
  readonly variables: readonly VariableValue[];
  readonly maps: readonly AnyMap[];
}

export async function runOnDevice(job: Job, { kind, name, duration }: DeviceOptions): Promise<ExitStatus> {
  // From before anything is opened, so that no signal ends the process before it told how it went.
  using end = new End(duration);
  await using engine = openEmbedded({ unsafe: job.unsafe });
  await using collection = await engine.load(job.spec, { programs: [job.program] });
  applySettings(collection, job.settings);
  const program = collection.programs[job.program];
  if (program === undefined) throw new RangeError(`no program ${job.program}`);
  const style = styleFor(process.stdout);
  await using live =
    kind === "raw"
      ? await openRawDevice(engine, name)
      : await openTunDevice(engine, { name, frames: kind === "tap" ? "ethernet" : "ip" });
  const began = performance.now();
  {
    await using link = await program.attach({ interface: live.name });
    const until = duration === undefined ? "Ctrl-C ends it" : `for ${duration} s`;
    process.stderr.write(`${style.bold(job.program)}: ${link.description}; ${until}, and nothing stays attached\n`);
    await Promise.race([end.reached, live.ended]);
  }
  const elapsed = (performance.now() - began) * 1e6;
  const contents = { variables: variableValues(collection), maps: shownMaps(collection) };
  process.stdout.write(
    job.json ? `${toJson(report(job, live, elapsed, contents))}\n` : render(job, live, elapsed, contents, style),
  );
  return tell(live);
}

/** What went wrong, on stderr; and the exit status. */
async function tell(live: LiveDevice): Promise<ExitStatus> {
  const { packets, first } = live.faults;
  if (first !== null)
    process.stderr.write(`skep: the program faulted on ${count(packets)} packets; the first: ${first.message}\n`);
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
