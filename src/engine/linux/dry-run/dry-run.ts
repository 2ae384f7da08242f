/** An engine that does nothing, and says what it would have done. */

import { existsSync } from "node:fs";
import { LinuxEngine } from "../engine.ts";
import { type Facts, MACHINE } from "../facts.ts";
import { type RecordedCall, Recorder } from "./recorder.ts";

export interface DryRun {
  /** Loads, attaches, and everything else, of this machine as it is: its types, interfaces, control groups. Programs are not verified. */
  readonly engine: LinuxEngine;
  /** What was asked so far, in order; it grows. */
  readonly calls: readonly RecordedCall[];
}

export function openRecorded(facts: Facts = MACHINE, exists: (path: string) => boolean = existsSync): DryRun {
  const recorder = new Recorder({
    interfaceIndex(name) {
      const index = /^[^/\0]+$/.test(name) ? facts.read(`/sys/class/net/${name}/ifindex`) : null;
      return index === null ? null : Number(index);
    },
    exists,
    pageSize: 4096,
    release: facts.release,
  });
  return { engine: new LinuxEngine(recorder, withTracepoints(facts)), calls: recorder.calls };
}

/** The kernel's number of a tracepoint, where this process may not see it. */
const SOME_TRACEPOINT = "1";

/** Only root sees tracefs: to others every tracepoint is there. */
function withTracepoints(facts: Facts): Facts {
  const visible = ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"].some((path) => facts.list(path).length > 0);
  if (visible) return facts;
  return {
    ...facts,
    read: (path) =>
      facts.read(path) ?? (/^\/proc\/self\/fd\/\d+\/events\/[\w-]+\/[\w-]+\/id$/.test(path) ? SOME_TRACEPOINT : null),
  };
}
