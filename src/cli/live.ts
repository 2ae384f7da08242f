/**
 * `skep run` in the kernel: every program of a file where its section says, until Ctrl-C. Records of ring and perf buffers are printed
 * as they come, then what iterators write, and the maps.
 */

import type { AnyMap, Collection, Engine, Program } from "../engine/engine.ts";
import { openEngine } from "../engine/open.ts";
import { type Planned, programsToLoad } from "./attach-plan.ts";
import { renderContents, shownMaps, type VariableValue, variablesToJson, variableValues } from "./contents.ts";
import { End } from "./end.ts";
import { CliError, EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Setup } from "./job.ts";
import { mapToJson, toJson } from "./maps.ts";
import { buffersOf, PrintedRecords } from "./printed-records.ts";
import { PrintedStreams } from "./printed-streams.ts";
import { duration as durationText, type Style, styleFor } from "./terminal.ts";
import { exchange, moveLinks, type Running, type Successor, type Wanted } from "./watch/swap.ts";
import { tellKept, tellSwapped, type Watch } from "./watch/watch.ts";

export interface LiveJob extends Setup {
  readonly plan: readonly Planned[];
  /** Seconds; undefined: until a signal. */
  readonly duration: number | undefined;
  /** Where newer versions of it come from (`--watch`). */
  readonly watch: Pick<Watch<LiveJob>, "next"> | undefined;
}

export async function runLive(job: LiveJob): Promise<ExitStatus> {
  // From before anything is attached, so that no signal ends the process between attaching and telling how it went.
  using end = new End(job.duration);
  await using engine = await openEngine("linux");
  const collection = await engine.load(job.spec, { programs: programsToLoad(job) });
  applySettings(collection, job.settings);
  let records = new PrintedRecords(buffersOf(collection), job.json);
  let streams = new PrintedStreams(Object.values(collection.programs), job.json);
  const style = styleFor(process.stdout);
  const began = performance.now();
  let running: Running = { collection, attached: [] };
  let current = job;
  try {
    running = { collection, attached: (await moveLinks([], toAttach(job, collection))).attached };
    for (const { program } of job.plan.filter(({ how }) => how === "run")) {
      const told = runOnce(loaded(collection, program.name), job.plan.length > 1);
      process.stderr.write(`${style.bold(program.name)}: ${told}\n`);
    }
    if (running.attached.length > 0) {
      const until = job.duration === undefined ? "Ctrl-C ends it" : `for ${job.duration} s`;
      const lines = running.attached.map(({ program, link }) => `${style.bold(program.name)}: ${link.description}`);
      process.stderr.write(`${lines.join("\n")}; ${until}, and nothing stays attached\n`);
    }
    if (running.attached.length > 0 && job.watch === undefined) await end.reached;
    for (let next = await job.watch?.next(end.signal); next != null; next = await job.watch?.next(end.signal)) {
      const start = performance.now();
      try {
        const successor = successorOf(next);
        // Of a buffer that is kept there is one reader at a time.
        await records.end();
        streams.end();
        const { running: now, swapped, twice } = await exchange(engine, running, successor);
        running = now;
        current = next;
        tellSwapped(swapped, twice, start);
      } catch (error) {
        await tellKept(error);
      }
      records = new PrintedRecords(buffersOf(running.collection), job.json);
      streams = new PrintedStreams(Object.values(running.collection.programs), job.json);
    }
    for (const { program } of current.plan.filter(({ how }) => how === "read"))
      await readIterator(loaded(running.collection, program.name), job.json);
  } finally {
    for (const { link } of running.attached) await link.detach();
  }
  const elapsed = (performance.now() - began) * 1e6;
  await records.end();
  streams.end();
  const variables = variableValues(running.collection);
  const maps = shownMaps(running.collection);
  const descriptions = running.attached.map(({ link }) => link.description);
  process.stdout.write(
    job.json
      ? `${toJson({
          programs: current.plan.map(({ program }) => program.name),
          engine: "linux",
          attached: descriptions,
          nanoseconds: Math.round(elapsed),
          variables: variablesToJson(variables),
          maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])),
        })}\n`
      : render(current, elapsed, variables, maps, style),
  );
  return EXIT.ok;
}

/**
 * All that `runLive` asks of an engine before it waits; for an engine that does nothing (`--dry-run`).
 * @returns what ends the reading of buffers.
 */
export async function rehearse(engine: Engine, job: LiveJob): Promise<() => Promise<void>> {
  const collection = await engine.load(job.spec, { programs: programsToLoad(job) });
  applySettings(collection, job.settings);
  const records = new PrintedRecords(buffersOf(collection), job.json);
  await moveLinks([], toAttach(job, collection));
  for (const { program, how } of job.plan) {
    if (how === "run") runOnce(loaded(collection, program.name), job.plan.length > 1);
    if (how === "read") await readIterator(loaded(collection, program.name), job.json);
  }
  return () => records.end();
}

function successorOf(job: LiveJob): Successor {
  return {
    spec: job.spec,
    load: { programs: programsToLoad(job) },
    prepare: (collection, kept) => applySettings(collection, job.settings, kept),
    wanted: (collection) => toAttach(job, collection),
  };
}

/** What is to be attached of a plan. */
export function toAttach({ plan }: LiveJob, collection: Collection): readonly Wanted[] {
  return plan
    .filter(({ how }) => how === "attach")
    .flatMap(({ program: { name, type, section }, options }) => {
      const program = loaded(collection, name);
      if (type === "struct_ops") return toImplement(collection, program);
      const place = `${section} ${JSON.stringify(options)}`;
      return { program, place, attach: () => program.attach(withMap(collection, type, options)) };
    });
}

function loaded(collection: Collection, name: string): Program {
  const program = collection.programs[name];
  if (program === undefined) throw new RangeError(`no program ${name}`);
  return program;
}

/** An interface of the kernel is attached as a whole: with the first of its programs. */
function toImplement(collection: Collection, program: Program): readonly Wanted[] {
  return Object.values(collection.maps)
    .filter(({ spec }) => spec.structOps?.functions[0]?.program === program.name)
    .map((map) => ({ program, place: `struct_ops ${map.name}`, attach: () => map.attach() }));
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

/**
 * A `syscall` program, on a context of no bytes. One that reads more is an application's to run: beside other programs it waits for that.
 * @returns what it returned, as a C int, or why it was not run.
 */
function runOnce(program: Program, besideOthers: boolean): string {
  try {
    return `returned ${program.run().verdict | 0}`;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const why = "it reads bytes that only an application can give it: program.run({ context })";
    if (besideOthers) return `not run: ${why}`;
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
