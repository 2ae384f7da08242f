/**
 * Threads in a browser: the page makes workers as it likes, each of a module that calls `serveCpu`.
 *
 *     // cpu.js
 *     import { serveCpu } from "skep/embedded";
 *     serveCpu(self);
 *
 *     // page.js
 *     const threads = webThreads(() => new Worker(new URL("./cpu.js", import.meta.url), { type: "module" }));
 *     const engine = openEmbedded({ cpus: 3, threads });
 *
 * Memory is shared between them only on pages that are cross-origin isolated (`crossOriginIsolated`).
 */

import { checkPatience, PATIENCE, type Threads } from "./threads.ts";

/** A `Worker`, as far as it is used. */
export interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: { readonly message: string }) => void): void;
}

/** @param make called once for each CPU. */
export function webThreads(make: (name: string) => WebWorker, { patience = PATIENCE } = {}): Threads {
  return {
    patience: checkPatience(patience),
    start(name, events) {
      const worker = make(name);
      worker.addEventListener("message", ({ data }) => events.message(data));
      worker.addEventListener("error", ({ message }) => events.failed(new Error(message)));
      return {
        post: (message) => worker.postMessage(message),
        terminate: async () => worker.terminate(),
      };
    },
  };
}
