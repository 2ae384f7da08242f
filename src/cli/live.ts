/**
 * `skep run` in the kernel: every program of a file where its section says, until Ctrl-C. Records of ring and perf buffers are printed
 * as they come, then what iterators write, and the maps.
 */

import type { AnyMap, Collection, Link, Program } from "../engine/engine.ts";
import { openEngine } from "../engine/open.ts";
import type { Planned } from "./attach-plan.ts";
import { renderContents, shownMaps, type VariableValue, variablesToJson, variableValues } from "./contents.ts";
import { CliError, EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Setup } from "./job.ts";
import { mapToJson, toJson } from "./maps.ts";
import { count, duration as durationText, type Style, styleFor } from "./terminal.ts";

export interface LiveJob extends Setup {
  readonly plan: readonly Planned[];
  /** Seconds; undefined: until a signal. */
  readonly duration: number | undefined;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export async function runLive(job: LiveJob): Promise<ExitStatus> {
  // From before anything is attached, so that no signal ends the process between attaching and telling how it went.
  using end = new End(job.duration);
  await using engine = await openEngine("linux");
  await using collection = await engine.load(job.spec, { programs: programsToLoad(job) });
  applySettings(collection, job.settings);
  const records = new Records(collection, job.json);
  const style = styleFor(process.stdout);
  const began = performance.now();
  const links: Link[] = [];
  try {
    for (const { program, options } of job.plan.filter(({ how }) => how === "attach")) {
      const link = await loaded(collection, program.name).attach(withMap(collection, program.type, options));
      links.push(link);
    }
    for (const { program } of job.plan.filter(({ how }) => how === "run")) {
      process.stderr.write(`${style.bold(program.name)}: returned ${runOnce(loaded(collection, program.name))}\n`);
    }
    if (links.length > 0) {
      const until = job.duration === undefined ? "Ctrl-C ends it" : `for ${job.duration} s`;
      const attached = job.plan.filter(({ how }) => how === "attach").map(({ program }) => program.name);
      const lines = links.map(({ description }, at) => `${style.bold(attached[at] ?? "")}: ${description}`);
      process.stderr.write(`${lines.join("\n")}; ${until}, and nothing stays attached\n`);
      await end.reached;
    }
    for (const { program } of job.plan.filter(({ how }) => how === "read"))
      await readIterator(loaded(collection, program.name), job.json);
  } finally {
    for (const link of links) await link.detach();
  }
  const elapsed = (performance.now() - began) * 1e6;
  await records.end();
  tellLost(collection);
  const variables = variableValues(collection);
  const maps = shownMaps(collection);
  const descriptions = links.map(({ description }) => description);
  process.stdout.write(
    job.json
      ? `${toJson({
          programs: job.plan.map(({ program }) => program.name),
          engine: "linux",
          attached: descriptions,
          nanoseconds: Math.round(elapsed),
          variables: variablesToJson(variables),
          maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])),
        })}\n`
      : render(job, elapsed, variables, maps, style),
  );
  return EXIT.ok;
}

/** Those that are planned, and those that they call by a program array. */
function programsToLoad({ spec, plan }: LiveJob): readonly string[] {
  const called = spec.maps.flatMap(({ contents }) => (contents?.kind === "programs" ? contents.entries : []));
  return [...new Set([...plan.map(({ program }) => program.name), ...called.map(({ program }) => program)])];
}

function loaded(collection: Collection, name: string): Program {
  const program = collection.programs[name];
  if (program === undefined) throw new RangeError(`no program ${name}`);
  return program;
}

/** Programs on sockets of a map: the only such map that there is. */
function withMap(collection: Collection, type: string, options: Planned["options"]): Planned["options"] {
  if (type !== "sk_skb" && type !== "sk_msg") return options;
  const maps = Object.values(collection.maps).filter(({ spec }) => /^sock(map|hash)$/.test(spec.type));
  const [map, other] = maps;
  if (map !== undefined && other === undefined) return { ...options, map };
  const found = map === undefined ? "none" : maps.map(({ name }) => name).join(", ");
  throw new CliError(
    EXIT.input,
    `a ${type} program is for the sockets of a sockmap, and here is ${found}: attach it from an application`,
  );
}

/** A `syscall` program, on a context of no bytes. @returns its result, as a C int. */
function runOnce(program: Program): number {
  try {
    return program.run().verdict | 0;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const why = "it reads bytes that only an application can give it: program.run({ context })";
    throw new CliError(EXIT.input, `${program.name} (${program.spec.section}): ${why}`, { cause });
  }
}

/** Lines that an iterator writes; which map's entries one is about, only an application can say. */
async function readIterator(program: Program, json: boolean): Promise<void> {
  if (program.iterate === undefined) return;
  if (/^(bpf_map_elem|sockmap|bpf_sk_storage_map)$/.test(program.spec.target ?? "")) {
    process.stderr.write(`skep: ${program.name} goes through a map: read it from an application (iterate({ map }))\n`);
    return;
  }
  for await (const line of program.iterate())
    process.stdout.write(json ? `${toJson({ program: program.name, text: line })}\n` : `${line}\n`);
}

/** What programs write for user space, printed as it comes: `events: {…}`; of a perf event with its CPU. */
class Records {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>[] = [];
  readonly #maps: readonly AnyMap[];
  readonly #json: boolean;

  /** Buffers are open from here on, before a program can write. */
  constructor(collection: Collection, json: boolean) {
    this.#json = json;
    this.#maps = Object.values(collection.maps).filter(({ spec }) => spec.type === "ringbuf" || spec.type === "perf_event_array");
    for (const map of this.#maps) {
      if (map.spec.type === "perf_event_array") map.open();
      this.#done.push(this.#follow(map));
    }
  }

  async #follow(map: AnyMap): Promise<void> {
    for await (const record of map.records({ signal: this.#stop.signal })) this.#print(map, record);
  }

  #print({ name }: AnyMap, record: unknown): void {
    process.stdout.write(this.#json ? `${toJson({ map: name, record })}\n` : `${name}: ${toJson(record)}\n`);
  }

  /** With what came last. */
  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#done);
    for (const map of this.#maps) map.drain((record) => this.#print(map, record));
  }
}

/** Records that found no room, as far as the kernel counts them. */
function tellLost(collection: Collection): void {
  for (const map of Object.values(collection.maps)) {
    if (map.spec.type === "perf_event_array" && map.lost > 0)
      process.stderr.write(`skep: ${map.name}: ${count(map.lost)} records found no room\n`);
  }
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
  job: LiveJob,
  elapsed: number,
  variables: readonly VariableValue[],
  maps: readonly AnyMap[],
  style: Style,
): string {
  const names = job.plan.map(({ program }) => program.name).join(", ");
  const on = job.plan.find(({ options }) => options.interface !== undefined)?.options.interface;
  const where = on === undefined ? "" : `on ${on}, `;
  const lines = [`${style.bold(names)} ${style.dim(`${where}${durationText(elapsed)}; detached`)}`];
  lines.push(...renderContents(variables, maps, job.top, style));
  return `${lines.join("\n")}\n`;
}
