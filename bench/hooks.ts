/**
 * What a hook of an application costs: nanoseconds of one `run`, encoding a path of 40 bytes included, for an empty program, a rate limit
 * (hash map, clock, token bucket) and a route by path prefix; beside the same in plain JavaScript and in `node:vm` with a time limit,
 * in the same run. Then a server's requests a second on the loopback, with the hook and without. Run: `node bench/hooks.ts`.
 */

import { Agent, createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createContext, Script } from "node:vm";
import { compileSource } from "../src/compiler/compile.ts";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import { bytes, defineHook, ipv4, u8, u16, u32, u64 } from "../src/hooks.ts";
import { median, printTable } from "./measure.ts";

const onRequest = defineHook(
  "http.request",
  { method: u8, pathLength: u16, path: bytes(64), client: ipv4, contentLength: u64 },
  { returns: u32 },
);

const HEAD = `
import { bpf_ktime_get_ns, type FixedArray, hook, lpmTrie, lruHash, type u16, u32, type u64, type u8 } from "skep/bpf";
import type { Ipv4Address } from "skep/bpf/net";
interface HttpRequest {
  readonly method: u8;
  readonly pathLength: u16;
  readonly path: FixedArray<u8, 64>;
  readonly client: Ipv4Address;
  readonly contentLength: u64;
}
`;

const PROGRAMS = {
  empty: `export const p = hook<HttpRequest>("http.request", (request) => 0);`,
  "rate limit": `
    interface Bucket { filled: u64; tokens: u32 }
    const RATE = 1_000_000_000; const BURST = 200; const INTERVAL = 1_000_000_000 / RATE;
    export const buckets = lruHash<Ipv4Address, Bucket>({ maxEntries: 65_536 });
    export const p = hook<HttpRequest>("http.request", (request) => {
      const now = bpf_ktime_get_ns();
      const bucket = buckets.get(request.client);
      if (bucket === null) {
        buckets.set(request.client, { filled: now, tokens: BURST - 1 });
        return 0;
      }
      const arrived = (now - bucket.filled) / INTERVAL;
      if (arrived > 0) {
        bucket.tokens = arrived >= BURST ? BURST : Math.min(bucket.tokens + u32(arrived), BURST);
        bucket.filled += arrived * INTERVAL;
      }
      if (bucket.tokens === 0) return 429;
      bucket.tokens -= 1;
      return 0;
    });`,
  "path prefix": `
    interface PathPrefix { prefixLength: u32; path: FixedArray<u8, 64> }
    export const routes = lpmTrie<PathPrefix, u32>({ maxEntries: 1024 });
    export const p = hook<HttpRequest>("http.request", (request) => {
      return routes.get({ prefixLength: 512, path: request.path }) ?? 0;
    });`,
} as const;

type Name = keyof typeof PROGRAMS;

const ROUTES = ["/api/", "/api/v1/", "/api/v1/users/", "/shop/", "/shop/cart/", "/static/", "/admin/", "/health"];

interface Request {
  readonly method: number;
  readonly pathLength: number;
  readonly path: string;
  readonly client: string;
  readonly contentLength: number;
}

const REQUESTS: readonly Request[] = Array.from({ length: 64 }, (_, index) => {
  const path = `/api/v1/users/12345678/orders/item${String(1000 + index).padStart(6, "0")}`;
  return { method: 0, pathLength: path.length, path, client: `203.0.113.${index}`, contentLength: 5000 };
});

/** The same decisions in JavaScript: a source, so that `node:vm` runs the very same. */
const SCRIPTS: Readonly<Record<Name, string>> = {
  empty: "(() => (request) => 0)()",
  "rate limit": `(() => {
    const RATE = 1e9, BURST = 200, INTERVAL = 1e9 / RATE;
    const buckets = new Map();
    return (request) => {
      const now = Math.floor(performance.now() * 1e6);
      const bucket = buckets.get(request.client);
      if (bucket === undefined) {
        buckets.set(request.client, { filled: now, tokens: BURST - 1 });
        return 0;
      }
      const arrived = Math.floor((now - bucket.filled) / INTERVAL);
      if (arrived > 0) {
        bucket.tokens = Math.min(bucket.tokens + arrived, BURST);
        bucket.filled += arrived * INTERVAL;
      }
      if (bucket.tokens === 0) return 429;
      bucket.tokens -= 1;
      return 0;
    };
  })()`,
  "path prefix": `(() => {
    const routes = new Map(${JSON.stringify(ROUTES.map((route, index) => [route, index + 1]))});
    const longest = Math.max(...[...routes.keys()].map(({ length }) => length));
    return ({ path }) => {
      for (let length = Math.min(longest, path.length); length > 0; length--) {
        const found = routes.get(path.slice(0, length));
        if (found !== undefined) return found;
      }
      return 0;
    };
  })()`,
};

/** Nanoseconds of one call, best of many short rounds: whatever else the machine does only adds. */
function nanoseconds(decide: (request: Request) => number, calls: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 40; round++) {
    let sum = 0;
    const start = performance.now();
    for (let call = 0; call < calls; call++) sum += decide(REQUESTS[call & 63]!);
    const time = performance.now() - start;
    if (sum < 0) throw new RangeError("no verdict is negative");
    best = Math.min(best, (time * 1e6) / calls);
  }
  return best;
}

/** What people do who let their users decide in JavaScript: a context of its own, and a time limit. */
function inVm(name: Name): (request: Request) => number {
  const context = createContext({ performance, request: null as Request | null });
  new Script(`globalThis.decide = ${SCRIPTS[name]}`).runInContext(context);
  const script = new Script("decide(request)");
  return (request) => {
    context["request"] = request;
    return script.runInContext(context, { timeout: 1_000 }) as number;
  };
}

const engine = openEmbedded({ hooks: [onRequest] });
const rows: string[][] = [];
for (const name of Object.keys(PROGRAMS) as Name[]) {
  const collection = await engine.load(compileSource(HEAD + PROGRAMS[name], { file: "bench.bpf.ts" }));
  for (const [index, route] of ROUTES.entries()) {
    const path = new Uint8Array(64);
    path.set(new TextEncoder().encode(route));
    collection.maps["routes"]?.set({ prefixLength: route.length * 8, path }, index + 1);
  }
  const link = await collection.programs["p"]!.attach({ hook: onRequest });
  const plain = new Script(SCRIPTS[name]).runInThisContext() as (request: Request) => number;
  const sandboxed = inVm(name);
  const [own, javascript, vm] = [
    nanoseconds((request) => onRequest.run(request), 50_000),
    nanoseconds(plain, 50_000),
    nanoseconds(sandboxed, 500),
  ];
  rows.push([name, own.toFixed(0), javascript.toFixed(0), vm.toFixed(0), `${(vm / own).toFixed(0)}x`]);
  if (name !== "rate limit") await link.detach();
}
console.log("ns a call, programs that the verifier proved, best of 40 rounds\n");
printTable(["", "skep", "JavaScript", "node:vm", "node:vm / skep"], rows);

// ── a server ──

const listening = (server: Server): Promise<number> =>
  new Promise((done) => server.listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port)));

const withHook = createServer((request, response) => {
  const status = onRequest.run({
    method: 0,
    pathLength: request.url!.length,
    path: request.url!,
    client: request.socket.remoteAddress!,
    contentLength: 0,
  });
  response.writeHead(status === 0 ? 200 : status);
  response.end("ok\n");
});
const without = createServer((_request, response) => {
  response.writeHead(200);
  response.end("ok\n");
});

/** Requests a second, eight at a time on connections that are kept. */
async function rate(port: number, requests: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const once = (path: string): Promise<void> =>
    new Promise((done, fail) => {
      get({ port, host: "127.0.0.1", path, agent }, (response) => response.resume().on("end", done)).on("error", fail);
    });
  const start = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < requests) await once(REQUESTS[next++ & 63]!.path);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  agent.destroy();
  return (requests * 1000) / (performance.now() - start);
}

const [hooked, bare] = [await listening(withHook), await listening(without)];
const measured: [number[], number[]] = [[], []];
for (let round = 0; round < 6; round++) {
  measured[0].push(await rate(hooked, 2_000));
  measured[1].push(await rate(bare, 2_000));
}
withHook.close();
without.close();
await engine[Symbol.asyncDispose]();
const [own, plain] = measured.map((rates) => median(rates.slice(1))) as [number, number];
console.log("\nrequests a second on the loopback, server and client in this process, median of 5 rounds of 2,000\n");
printTable(
  ["", "requests/s"],
  [
    ["with the rate limit", own.toFixed(0)],
    ["without", plain.toFixed(0)],
    ["with / without", (own / plain).toFixed(2)],
  ],
);
