/** What a thread of Node runs that is a CPU. */

import { parentPort } from "node:worker_threads";
import { serveCpu } from "../engine/embedded/threads/serve-cpu.ts";

if (parentPort === null) throw new TypeError("this module is for worker threads: nodeThreads() starts them");
const port = parentPort;
serveCpu({
  postMessage: (message) => port.postMessage(message),
  addEventListener: (type, listener) => port.on(type, (data: unknown) => listener({ data })),
});
