/** `skep run --replay`: plays a capture through a program in the embedded engine and shows what came of it. */

import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { virtualClock } from "../engine/embedded/clock.ts";
import { openEmbedded } from "../engine/embedded/engine.ts";
import { CaptureError } from "../engine/embedded/host/capture.ts";
import { openCapture } from "../engine/embedded/host/read-capture.ts";
import { type ReplayResult, replay, type Tally } from "../engine/embedded/host/replay.ts";
import { attachForReplay } from "../engine/embedded/host/replay-device.ts";
import { CaptureWriter } from "../engine/embedded/host/write-capture.ts";
import type { AnyMap } from "../engine/engine.ts";
import { type VerdictNames, verdictNames } from "../uapi/verdicts.ts";
import { renderContents, shownMaps, type VariableValue, variablesToJson, variableValues } from "./contents.ts";
import { CliError, EXIT, type ExitStatus } from "./exit.ts";
import { applySettings, type Job } from "./job.ts";
import { mapToJson, toJson } from "./maps.ts";
import { neededBy } from "./programs.ts";
import { Records } from "./records.ts";
import { bytes, count, counted, duration, Progress, type Style, styleFor, table } from "./terminal.ts";

export interface ReplayFiles {
  /** A path, or `-` for stdin. */
  readonly capture: string;
  readonly pass: string | undefined;
  readonly drop: string | undefined;
}

export async function replayCapture(job: Job, files: ReplayFiles): Promise<ExitStatus> {
  const names = namesOf(job);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const printed: string[] = [];
    // For machines the text is part of the report.
    const say = (text: string): void =>
      void (job.json ? printed.push(text) : process.stdout.write(`${text.replace(/\n?$/, "\n")}`));
    await using engine = openEmbedded({
      unsafe: job.unsafe,
      execution: "interpreter",
      clock: virtualClock(),
      seed: 1,
      onPrint: say,
    });
    await using collection = await engine.load(job.spec, { programs: neededBy(job.program, job.spec) });
    applySettings(collection, job.settings);
    const reader = await openCapture(
      files.capture === "-" ? process.stdin : createReadStream(files.capture, { highWaterMark: 1 << 18 }),
    );
    await using passed = await PacketFile.create(files.pass);
    await using dropped = await PacketFile.create(files.drop);
    const records = new Records(Object.values(collection.maps), say);
    const program = collection.programs[job.program];
    if (program === undefined) throw new RangeError(`no program ${job.program}`);
    const { device, link } = await attachForReplay(engine, program, "replay");
    await using _attached = link;
    using progress = new Progress();
    const result = await replay(reader, device, {
      signal: interrupt.signal,
      onProgress: (packets) => progress.show(`${counted(packets, "packet")} …`),
      ...(passed === null && dropped === null && !records.any
        ? {}
        : {
            onVerdict: (verdict, packet) => {
              (names.drops(verdict) ? dropped : passed)?.add(packet);
              records.take();
            },
          }),
    });
    await passed?.finish();
    await dropped?.finish();
    records.take();
    const contents = { variables: variableValues(collection), maps: shownMaps(collection) };
    process.stdout.write(
      job.json
        ? `${toJson(report(job, result, { ...contents, printed }))}\n`
        : render(job, files, result, contents, styleFor(process.stdout)),
    );
    return warn(files, result, interrupt.signal.aborted);
  } catch (error) {
    throw error instanceof CaptureError
      ? new CaptureError(error.offset, `${files.capture}: ${error.message}`, { cause: error })
      : error;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

/** What the program left. */
interface Contents {
  readonly variables: readonly VariableValue[];
  readonly maps: readonly AnyMap[];
}

/** @throws CliError for a type that a capture says nothing to. */
function namesOf(job: Job): VerdictNames {
  const type = job.spec.programs.find(({ name }) => name === job.program)?.type ?? "unspec";
  const names = verdictNames(type);
  if (names !== null) return names;
  throw new CliError(
    EXIT.usage,
    `${job.program} is a ${type} program: no packet of a capture comes to it; those of xdp, sched_cls, sched_act, socket_filter and cgroup_skb programs do`,
  );
}

/** By what verdicts mean, most frequent first. */
function tallies(job: Job, { verdicts }: ReplayResult): (Tally & { readonly name: string })[] {
  const names = namesOf(job);
  const byName = new Map<string, { name: string; packets: number; bytes: number }>();
  for (const { verdict, packets, bytes } of verdicts) {
    const name = names.name(verdict);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, { name, packets, bytes });
    else {
      known.packets += packets;
      known.bytes += bytes;
    }
  }
  return [...byName.values()].sort((left, right) => right.packets - left.packets);
}

/** A pcap file that packets are added to. A replay that fails leaves what was written so far: whole records. */
class PacketFile implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #writer = new CaptureWriter();
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string | undefined): Promise<PacketFile | null> {
    return path === undefined ? null : new PacketFile(await open(path, "w"));
  }

  add(packet: Parameters<CaptureWriter["add"]>[0]): void {
    this.#writer.add(packet);
    if (this.#writer.pending >= 1 << 20) this.#flush();
  }

  /** Writes what is left. @throws the first error of any write. */
  async finish(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#file.close();
  }

  #flush(): void {
    const piece = this.#writer.take().slice();
    this.#writing = this.#writing.then(() => this.#file.writeFile(piece));
    this.#writing.catch(() => {}); // reported by finish()
  }
}

/** What was lost or went wrong, on stderr, a line each; and the exit status. */
function warn(files: ReplayFiles, result: ReplayResult, interrupted: boolean): ExitStatus {
  const style = styleFor(process.stderr);
  const say = (text: string) => process.stderr.write(`${style.yellow("skep:")} ${text}\n`);
  if (result.truncated !== null) say(`${files.capture}: ${result.truncated.reason}; what is whole was used`);
  for (const { reason, packets } of result.skipped)
    say(`${files.capture}: ${counted(packets, "packet")} not given to the program: ${reason}`);
  if (result.cutShort > 0) say(`${files.capture}: of ${counted(result.cutShort, "packet")} the capture holds only the beginning`);
  if (interrupted) say("interrupted: the result is of what was replayed until then");
  const { first, packets } = result.faults;
  if (first !== null) {
    say(`the program faulted on ${counted(packets, "packet")} (counted as aborted); the first: ${first.message}`);
    return EXIT.refused;
  }
  return interrupted ? EXIT.interrupted : EXIT.ok;
}

// ── for people ──────────────────────────────────────────────────────────────────────────────────────────────────────

function render(job: Job, files: ReplayFiles, result: ReplayResult, { variables, maps }: Contents, style: Style): string {
  const { packets } = result;
  const rows = tallies(job, result).map(({ name, packets: some, bytes: size }) => [
    name,
    count(some),
    `${((100 * some) / packets).toFixed(1)} %`,
    bytes(size),
  ]);
  const columns = [
    { title: "verdict", align: "left" },
    { title: "packets", align: "right" },
    { title: "share", align: "right" },
    { title: "bytes", align: "right" },
  ] as const;
  const paint: Readonly<Record<string, (text: string) => string>> = {
    pass: style.green,
    keep: style.green,
    drop: style.red,
    aborted: style.red,
  };
  const [header = "", ...body] = table(columns, rows, style);
  const lines = [
    `${style.bold(job.program)} ${style.dim(`on ${files.capture}: ${[counted(packets, "packet"), bytes(result.bytes), ...span(result)].join(", ")}`)}`,
    "",
    header,
    ...body.map((line, at) => (paint[rows[at]?.[0] ?? ""] ?? ((text: string) => text))(line)),
  ];
  lines.push(...renderContents(variables, maps, job.top, style));
  if (result.time !== null) {
    const { meanPerPacket, medianPerPacket } = result.time;
    lines.push(
      "",
      style.dim(
        `${duration(medianPerPacket)} per packet (median; mean ${duration(meanPerPacket)}), interpreted in the embedded engine`,
      ),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** How much time the capture covers. */
function span({ captured }: ReplayResult): string[] {
  if (captured === null) return [];
  const seconds = captured.last.seconds - captured.first.seconds + (captured.last.nanoseconds - captured.first.nanoseconds) / 1e9;
  return [`${seconds.toFixed(1)} s`];
}

// ── for machines ────────────────────────────────────────────────────────────────────────────────────────────────────

function report(
  job: Job,
  result: ReplayResult,
  { variables, maps, printed }: Contents & { readonly printed: readonly string[] },
): unknown {
  return {
    program: job.program,
    engine: "embedded",
    packets: result.packets,
    bytes: result.bytes,
    verdicts: Object.fromEntries(tallies(job, result).map(({ name, packets, bytes }) => [name, { packets, bytes }])),
    skipped: result.skipped,
    cutShort: result.cutShort,
    faults: { packets: result.faults.packets, first: result.faults.first?.message ?? null },
    truncated: result.truncated,
    nanosecondsPerPacket: result.time === null ? null : { median: result.time.medianPerPacket, mean: result.time.meanPerPacket },
    printed,
    variables: variablesToJson(variables),
    maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])),
  };
}
