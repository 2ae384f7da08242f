/** The debugger as commands see it: the target, what was printed, and where the last stop was. */

import type { DebugSession } from "../../engine/embedded/debug/session.ts";
import type { Stop } from "../../engine/embedded/debug/state.ts";
import type { Answer } from "./answer.ts";
import { showStop } from "./show-stop.ts";
import { Sources } from "./source.ts";
import type { Target } from "./target.ts";

/** A long command lets others have a turn this often, in milliseconds: that is when Ctrl-C is heard. */
const SLICE = 30;

export class Debugger {
  readonly target: Target;
  readonly #file: string;
  #sources: Sources | null = null;
  #since = 0;
  /** What the program printed, and after how many instructions: it is told where the run passes there, however often. */
  #printed: { readonly text: string; readonly time: number }[] = [];
  #interrupted = false;

  /** @param file the program's file. */
  constructor(target: Target, file: string) {
    this.target = target;
    this.#file = file;
  }

  get session(): DebugSession {
    return this.target.session;
  }

  get sources(): Sources {
    this.#sources ??= new Sources(this.#file, this.session.lines);
    return this.#sources;
  }

  printed(text: string): void {
    if (this.session.active) this.#printed.push({ text: text.replace(/\n$/, ""), time: this.session.time });
  }

  /** Stops what is going on, soon. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** The answer of a command that moved. */
  stopped(stop: Stop | { readonly reason: "begin" | "interrupted" }): Answer {
    const { session, sources, target } = this;
    const { time } = session.state;
    const passed = this.#printed.filter((each) => each.time >= this.#since && each.time < time);
    const printed = passed.map(({ text }) => text);
    const answer = showStop(stop, { session, sources, packet: target.packet, since: this.#since, printed });
    this.#since = time;
    return answer;
  }

  /** Another run is about to begin. */
  forget(): void {
    this.#printed = [];
  }

  /** Changes count from here. */
  began(): Answer {
    this.#since = this.session.state.time;
    return this.stopped({ reason: "begin" });
  }

  /** Moves until something stops it other than the clock, `times` times at most. */
  async move(go: (session: DebugSession, slice: { readonly milliseconds: number }) => Stop, times = 1): Promise<Answer> {
    this.#interrupted = false;
    let last = performance.now();
    for (let time = 1; ; ) {
      const stop = go(this.session, { milliseconds: SLICE });
      if (stop.reason !== "paused" && (stop.reason !== "step" || time === times)) return this.stopped(stop);
      if (stop.reason === "step") time++;
      if (stop.reason === "paused" || performance.now() - last > SLICE) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        last = performance.now();
        if (this.#interrupted) return this.stopped({ reason: "interrupted" });
      }
    }
  }
}
