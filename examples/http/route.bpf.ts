// Routing: the longest prefix of the path that is in the table says which backend answers. Without one it is the first.

import { type FixedArray, hook, lpmTrie, type u8, type u16, type u32, type u64 } from "skep/bpf";
import type { Ipv4Address } from "skep/bpf/net";

interface HttpRequest {
  readonly method: u8;
  readonly pathLength: u16;
  readonly path: FixedArray<u8, 64>;
  readonly client: Ipv4Address;
  readonly contentLength: u64;
  backend: u32;
}

interface PathPrefix {
  /** In bits. */
  prefixLength: u32;
  path: FixedArray<u8, 64>;
}

/** Backends by path prefix; the application fills it, while requests flow. */
export const routes = lpmTrie<PathPrefix, u32>({ maxEntries: 1024 });

/** Bytes that a request may bring. */
const LARGEST = 1_000_000;

export const route = hook<HttpRequest>("http.request", (request) => {
  if (request.contentLength > LARGEST) return 413;
  const backend = routes.get({ prefixLength: 512, path: request.path });
  if (backend !== null) request.backend = backend;
  return 0;
});
