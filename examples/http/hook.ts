// The hook of the example: what its programs are given for each request, and what they may decide.
//
//   node examples/http/hook.ts        prints the head of a program for it

import { bytes, defineHook, ipv4, u8, u16, u32, u64, writable } from "skep/hooks";

export const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

export const onRequest = defineHook(
  "http.request",
  {
    /** Place in METHODS. */
    method: u8,
    pathLength: u16,
    path: bytes(64),
    client: ipv4,
    contentLength: u64,
    /** Which backend answers; programs choose. */
    backend: writable(u32),
  },
  // A status ends the request; 0 lets it pass.
  { returns: u32 },
);

if (import.meta.main) console.log(onRequest.declaration());
