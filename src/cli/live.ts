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

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export async function runLive(job: Job, options: LiveOptions): Promise<ExitStatus> {
  // From before the program is attached, so that no signal ends the process between attaching and telling how it went.
  using end = new End(options.duration);
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
    await end.reached;
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

/** The end of a live run: the first SIGINT, SIGTERM or SIGHUP, or the end of the time. A second signal ends the process at once. */
export class End implements Disposable {
  readonly reached: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  readonly #end: () => void;

  constructor(seconds: number | undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reached = promise;
    this.#end = resolve;
    for (const signal of SIGNALS) process.once(signal, resolve);
    // A signal handler alone does not keep the process alive: without an end in time, a timer that never matters does.
    this.#timer = seconds === undefined ? setInterval(() => {}, 2 ** 30) : setTimeout(resolve, seconds * 1000);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#end);
  }
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
