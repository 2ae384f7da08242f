/**
 * What is debugged: a program loaded into an engine of its own, and the packets that reach it. Everything is made anew to go
 * to an earlier packet, so that maps hold what they held when it came: same seed, same clock, same packets, same run.
 */

import { virtualClock } from "../../engine/embedded/clock.ts";
import { type DebugSession, debug } from "../../engine/embedded/debug/session.ts";
import { type EmbeddedEngine, openEmbedded } from "../../engine/embedded/engine.ts";
import type { Program, RunInput } from "../../engine/engine.ts";
import type { Spec } from "../../object/spec.ts";
import { CliError, EXIT } from "../exit.ts";
import { applySettings } from "../job.ts";
import { neededBy } from "../programs.ts";
import type { Setting } from "../settings.ts";
import type { Packet, Packets } from "./packets.ts";

export interface TargetOptions {
  readonly spec: Spec;
  readonly program: string;
  readonly settings: readonly Setting[];
  /** One input, or packets of a capture. */
  readonly input: RunInput | Packets;
  readonly onPrint: (text: string) => void;
  /** Told before each run that is to be debugged. */
  readonly onBegin: () => void;
}

export class Target implements AsyncDisposable {
  readonly #options: TargetOptions;
  #engine: EmbeddedEngine | null = null;
  #session: DebugSession | null = null;
  /** The packet that is debugged, from 1; 0 when the input is not a capture. */
  packet = 0;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  get session(): DebugSession {
    if (this.#session === null) throw new TypeError("open the target first");
    return this.#session;
  }

  /** Whether there are packets to go to. */
  get isCapture(): boolean {
    return "at" in this.#options.input;
  }

  /** The only input, or a packet of the capture. @throws CliError when there is no such packet; errors of the engine. */
  async open(packet: number): Promise<void> {
    const { spec, program, settings, input } = this.#options;
    const before = this.#session;
    before?.leave();
    await this.#engine?.[Symbol.asyncDispose]();
    const engine = openEmbedded({
      unsafe: true,
      execution: "interpreter",
      clock: virtualClock(),
      seed: 1,
      onPrint: this.#options.onPrint,
    });
    this.#engine = engine;
    const collection = await engine.load(spec, { programs: neededBy(program, spec) });
    applySettings(collection, settings);
    const loaded = collection.programs[program];
    if (loaded === undefined) throw new CliError(EXIT.failure, `${program} was not loaded`);
    const session = debug(loaded, null);
    this.#session = session;
    if ("at" in input) {
      refuse(packet, await input.at(packet));
      const device = engine.addDevice("replay");
      await session.program.attach({ interface: device.name });
      this.packet = 0;
      await this.#advance(packet);
    } else this.#begin((each) => accepting(() => each.run(input)));
    if (before !== null) session.adopt(before);
  }

  /** Goes to a packet of the capture; the ones between are run as a replay runs them. */
  async go(packet: number): Promise<void> {
    // What cannot be is said before the run at hand is given up.
    refuse(packet, await this.#packets.at(packet));
    if (packet <= this.packet) return this.open(packet);
    this.session.complete();
    await this.#advance(packet);
  }

  /** To the beginning of the run, with everything as it was. */
  async restart(): Promise<void> {
    const stop = this.session.restart();
    if (stop.reason === "beginning" && stop.forgotten) await this.open(Math.max(this.packet, 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session?.leave();
    await this.#engine?.[Symbol.asyncDispose]();
  }

  get #packets(): Packets {
    const { input } = this.#options;
    if ("at" in input) return input;
    throw new CliError(EXIT.usage, "there is one packet; --replay CAPTURE gives many");
  }

  #begin(start: (program: Program) => unknown): void {
    this.#options.onBegin();
    this.session.begin(start);
  }

  async #advance(packet: number): Promise<void> {
    const [device] = this.#engine?.devices ?? [];
    for (let number = this.packet + 1; number <= packet; number++) {
      const given = await this.#packets.at(number);
      const { data, refusal, meta } = given;
      if (number < packet) {
        if (refusal !== null) continue;
        try {
          device?.receive(data, meta);
        } catch (error) {
          // A replay counts it and goes on.
          if (!(error instanceof Error && error.name === "FaultError")) throw error;
        }
        continue;
      }
      refuse(number, given);
      this.#begin(() => device?.receive(data, meta));
      this.packet = number;
    }
  }
}

function refuse(number: number, { refusal }: Packet): void {
  if (refusal !== null) throw new CliError(EXIT.input, `packet ${number} ${refusal}`);
}

/** A packet that is too short, or a context that is none of this program's type. */
function accepting<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(EXIT.input, error.message, { cause: error });
    throw error;
  }
}
