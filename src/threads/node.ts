/**
 * CPUs of the embedded engine as threads of Node (worker_threads).
 *
 *     import { nodeThreads } from "skep/threads";
 *     await using engine = openEmbedded({ cpus: 4, threads: nodeThreads() });
 *
 * A thread takes about 10 MB and 50 ms to start, and no time while it has nothing to do (`node bench/threads.ts`). It does not keep the
 * process alive, unless somebody waits for it.
 */

import { Worker } from "node:worker_threads";
import { checkPatience, PATIENCE, type Threads } from "../engine/embedded/threads/threads.ts";

export type { Threads } from "../engine/embedded/threads/threads.ts";

export interface NodeThreadsOptions {
  /** How long a program may take for one packet, in milliseconds, before its thread is ended (`CpuError` stuck). Default 5,000. */
  readonly patience?: number;
}

/** The module that a thread runs: beside this one, which may be part of a bundle's chunk. */
const ENTRY = new URL(
  `${/\/threads\/[^/]*$/.test(import.meta.url) ? "." : "./threads"}/node-cpu.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`,
  import.meta.url,
);

/** @throws RangeError for a patience that is no positive number. */
export function nodeThreads({ patience = PATIENCE }: NodeThreadsOptions = {}): Threads {
  return {
    patience: checkPatience(patience),
    start(name, events) {
      // A thread has the options of its process; but one that says how to read a script from the command line would keep it from starting.
      const inherits = !process.execArgv.some((argument) => argument.startsWith("--input-type"));
      const worker = new Worker(ENTRY, inherits ? { name } : { name, execArgv: [] });
      let told = false;
      worker.on("message", (message) => events.message(message));
      worker.on("error", (error) => events.failed(error));
      worker.on("exit", (code) => {
        if (!told) events.failed(new Error(`exit code ${code}`));
      });
      worker.unref();
      return {
        post: (message) => worker.postMessage(message),
        terminate: async () => {
          told = true;
          await worker.terminate();
        },
      };
    },
  };
}
