// A program for a hook that the application in main.ts declares: it decides about requests.

import { hash, hook, type u32, type u64 } from "skep/bpf";

/** As `request.declaration()` of main.ts prints it. */
interface Request {
  readonly client: u32;
  readonly size: u32;
}

/** Requests by client. */
export const clients = hash<u32, u64>({ maxEntries: 1024 });

/** 0: goes on. 1: refused. */
export const limit = hook<Request>("request", (request) => {
  clients.increment(request.client);
  return request.size > 4096 ? 1 : 0;
});
