/** `skep run --interface`: in the kernel, live, until Ctrl-C. */

import { openEngine } from "../engine/open.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Job } from "./job.ts";
import { mapToJson, renderMap, toJson } from "./maps.ts";
import { duration as durationText, type Style, styleFor } from "./terminal.ts";

export interface LiveOptions {
  readonly interface: string;
  readonly mode: "native" | "generic" | undefined;
  /** Seconds; undefined: until a signal. */
  readonly duration: number | undefined;
}

export async function runLive(job: Job, options: LiveOptions): Promise<ExitStatus> {
  // From before the program is attached, so that no signal ends the process between attaching and telling how it went.
  const ended = endOfRun(options.duration);
  await using engine = await openEngine("linux");
  await using collection = await engine.load(job.spec, { programs: [job.program] });
  applySettings(collection, job.settings);
  const style = styleFor(process.stdout);
  const began = performance.now();
  {
    await using link = await collection.programs[job.program]?.attach({
      interface: options.interface,
      ...(options.mode === undefined ? {} : { mode: options.mode }),
    });
    const until = options.duration === undefined ? "Ctrl-C ends it" : `for ${options.duration} s`;
    process.stderr.write(`${style.bold(job.program)}: ${link?.description}; ${until}, and nothing stays attached\n`);
    await ended;
  }
  const elapsed = (performance.now() - began) * 1e6;
  const maps = Object.values(collection.maps);
  process.stdout.write(
    job.json
      ? `${toJson({ program: job.program, engine: "linux", interface: options.interface, nanoseconds: Math.round(elapsed), maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])) })}\n`
      : render(job, options, elapsed, maps, style),
  );
  return EXIT.ok;
}

/** Settles at the first SIGINT, SIGTERM or SIGHUP, or when the time is over. A second signal ends the process at once. */
function endOfRun(seconds: number | undefined): Promise<void> {
  return new Promise((done) => {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    let timer: NodeJS.Timeout | undefined;
    // A handler alone does not keep the process alive.
    const alive = setInterval(() => {}, 2 ** 30);
    const end = () => {
      clearTimeout(timer);
      clearInterval(alive);
      for (const signal of signals) process.off(signal, end);
      done();
    };
    for (const signal of signals) process.once(signal, end);
    if (seconds !== undefined) timer = setTimeout(end, seconds * 1000);
  });
}

function render(
  job: Job,
  options: LiveOptions,
  elapsed: number,
  maps: readonly Parameters<typeof renderMap>[0][],
  style: Style,
): string {
  const lines = [`${style.bold(job.program)} ${style.dim(`on ${options.interface}, ${durationText(elapsed)}; detached`)}`];
  for (const map of maps) lines.push("", ...renderMap(map, job.top, style));
  return `${lines.join("\n")}\n`;
}
