/** `skep run --replay-events`: plays recorded events through the programs of a file in the embedded engine and shows what came of it. */

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { virtualClock } from "../engine/embedded/clock.ts";
import { openEmbedded } from "../engine/embedded/engine.ts";
import { RecordingError, readHeader } from "../engine/embedded/host/event-recording.ts";
import { type ReplayEventsResult, replayEvents } from "../engine/embedded/host/replay-events.ts";
import type { Program } from "../engine/engine.ts";
import type { AnyMap } from "../engine/maps.ts";
import { renderContents, shownMaps, type VariableValue, variablesToJson, variableValues } from "./contents.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Setup } from "./job.ts";
import { mapToJson, toJson } from "./maps.ts";
import { Records } from "./records.ts";
import { openTypes } from "./sources.ts";
import { count, counted, Progress, type Style, styleFor, table } from "./terminal.ts";

export interface EventsJob extends Setup {
  readonly programs: readonly string[];
}

export interface RecordingFiles {
  /** A path, or `-` for stdin. */
  readonly recording: string;
  /** As `openTypes` takes it. */
  readonly types: string | undefined;
  /** Samples a second of perf_event programs; undefined: those that the recording has. */
  readonly frequency: number | undefined;
}

export async function replayRecording(job: EventsJob, files: RecordingFiles): Promise<ExitStatus> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const types = files.types === undefined ? undefined : await openTypes(files.types);
    const input = files.recording === "-" ? process.stdin : createReadStream(files.recording);
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
    const { value: first = "" } = await lines.next();
    const { cpus, architecture } = readHeader(first);
    const printed: string[] = [];
    // For machines the text is part of the report.
    const say = (text: string): void =>
      void (job.json ? printed.push(text) : process.stdout.write(`${text.replace(/\n?$/, "\n")}`));
    await using engine = openEmbedded({
      unsafe: job.unsafe,
      execution: "interpreter",
      clock: virtualClock(),
      seed: 1,
      cpus,
      room: { architecture, ...(types === undefined ? {} : { types }) },
      onPrint: say,
    });
    await using collection = await engine.load(job.spec, { programs: job.programs });
    applySettings(collection, job.settings);
    const programs = Object.values(collection.programs);
    for (const program of programs) await attach(program, files.frequency);
    const records = new Records(Object.values(collection.maps), say);
    using progress = new Progress();
    const result = await replayEvents({ [Symbol.asyncIterator]: () => lines }, engine, {
      signal: interrupt.signal,
      onEvent: () => records.take(),
      onProgress: (events) => progress.show(`${counted(events, "event")} …`),
    });
    records.take();
    for (const program of programs) await read(program, say);
    const maps = shownMaps(collection);
    const variables = variableValues(collection);
    process.stdout.write(
      job.json
        ? `${toJson(report(job, result, { variables, maps, printed }))}\n`
        : render(job, files, result, { variables, maps }, styleFor(process.stdout)),
    );
    return warn(files, result, interrupt.signal.aborted);
  } catch (error) {
    if (error instanceof RecordingError)
      throw new RecordingError(error.line, `${files.recording}, ${error.message}`, { cause: error });
    throw error;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

/** What the programs left. */
interface Contents {
  readonly variables: readonly VariableValue[];
  readonly maps: readonly AnyMap[];
}

/** Where its section says; samples by frequency. Iterators are attached nowhere. */
async function attach(program: Program, frequency: number | undefined): Promise<void> {
  if (program.iterate !== undefined) return;
  await program.attach(program.spec.type === "perf_event" && frequency !== undefined ? { frequency } : {});
}

/** What an iterator says of the room as the recording left it. Which map's entries one is about, only an application can say. */
async function read(program: Program, say: (text: string) => void): Promise<void> {
  if (program.iterate === undefined) return;
  if (program.spec.target === "bpf_map_elem") {
    process.stderr.write(
      `skep: ${program.name} goes through the entries of a map: read it from an application (iterate({ map }))\n`,
    );
    return;
  }
  for await (const line of program.iterate()) say(line);
}

/** What went wrong, on stderr; and the exit status. */
function warn(files: RecordingFiles, result: ReplayEventsResult, interrupted: boolean): ExitStatus {
  const style = styleFor(process.stderr);
  const say = (text: string) => process.stderr.write(`${style.yellow("skep:")} ${text}\n`);
  const { events, first } = result.faults;
  if (result.events > 0 && result.runs + result.samples === 0 && first === null)
    say(
      `${files.recording}: no program is attached to any of its events (${result.tallies.map(({ event }) => event).join(", ")})`,
    );
  if (interrupted) say("interrupted: the result is of what was replayed until then");
  if (first !== null) {
    say(`a program faulted on ${counted(events, "event")}; the first: ${first.message}`);
    return EXIT.refused;
  }
  return interrupted ? EXIT.interrupted : EXIT.ok;
}

// ── for people ──────────────────────────────────────────────────────────────────────────────────────────────────────

function render(
  job: EventsJob,
  files: RecordingFiles,
  result: ReplayEventsResult,
  { variables, maps }: Contents,
  style: Style,
): string {
  const { span } = result;
  const seconds = span === null ? [] : [`${(Number(span.last - span.first) / 1e9).toFixed(3)} s`];
  const samples = result.samples === 0 ? [] : [counted(result.samples, "sample")];
  const facts = [counted(result.events, "event"), ...samples, ...seconds].join(", ");
  const columns = [
    { title: "event", align: "left" },
    { title: "events", align: "right" },
    { title: "runs", align: "right" },
  ] as const;
  const rows = result.tallies.slice(0, job.top).map(({ event, events, runs }) => [event, count(events), count(runs)]);
  const lines = [
    `${style.bold(job.programs.join(", "))} ${style.dim(`on ${files.recording}: ${facts}`)}`,
    "",
    ...table(columns, rows, style),
  ];
  lines.push(...renderContents(variables, maps, job.top, style));
  return `${lines.join("\n")}\n`;
}

// ── for machines ────────────────────────────────────────────────────────────────────────────────────────────────────

function report(
  job: EventsJob,
  result: ReplayEventsResult,
  { variables, maps, printed }: Contents & { readonly printed: readonly string[] },
): unknown {
  return {
    programs: job.programs,
    engine: "embedded",
    events: result.events,
    runs: result.runs,
    samples: result.samples,
    tallies: result.tallies,
    span: result.span,
    faults: { events: result.faults.events, first: result.faults.first?.message ?? null },
    printed,
    variables: variablesToJson(variables),
    maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])),
  };
}
