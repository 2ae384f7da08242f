// An HTTP server whose rate limit and routes are eBPF programs. Change limit.bpf.ts or route.bpf.ts while it runs: the next request is
// decided by the new program, which goes on with the maps of the old one. A program that does not compile changes nothing.
//
//   node examples/http/server.ts [port [folder of the programs]]

import { watch } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import { compile } from "skep";
import { type Collection, type Link, openEmbedded } from "skep/embedded";
import { METHODS, onRequest } from "./hook.ts";

const BACKENDS = ["static files", "the API", "the shop"];
const ROUTES = { "/api/": 1, "/shop/": 2, "/shop/api/": 1 };

// A program that the verifier refuses changes nothing: what is wrong with it is printed below.
const engine = openEmbedded({ hooks: [onRequest] });

/** A source of one program, attached; each change of the file puts a new program in the place of the old one. */
class Place {
  readonly #file: string;
  #collection: Collection | null = null;
  #link: Link | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws CompileError and what `load` throws; the old program stays then. */
  async load(): Promise<Collection> {
    const spec = await compile(this.#file);
    const old = this.#collection;
    const next = await engine.load(spec, old === null ? {} : { reuse: old.maps });
    const [program] = Object.values(next.programs);
    if (program === undefined) throw new TypeError(`${this.#file}: no program`);
    if (this.#link === null) this.#link = await program.attach({ hook: onRequest });
    else await this.#link.update(program);
    this.#collection = next;
    await old?.[Symbol.asyncDispose]();
    return next;
  }

  /** Editors write a new file and rename it, in several steps: the folder is watched, and read when it is quiet. */
  watch(): void {
    const name = basename(this.#file);
    let quiet: NodeJS.Timeout | undefined;
    watch(dirname(this.#file), (_event, changed) => {
      if (changed !== name) return;
      clearTimeout(quiet);
      quiet = setTimeout(() => this.#exchange(name), 50);
    });
  }

  async #exchange(name: string): Promise<void> {
    try {
      await this.load();
      console.log(`${name}: exchanged`);
    } catch (error) {
      console.log(`${name}: not exchanged: ${error instanceof Error ? error.message : error}`);
    }
  }
}

const programs = process.argv[3] ?? import.meta.dirname;
const limit = new Place(join(programs, "limit.bpf.ts"));
const route = new Place(join(programs, "route.bpf.ts"));
await limit.load();
const { maps } = await route.load();
for (const [prefix, backend] of Object.entries(ROUTES)) {
  const path = new Uint8Array(64);
  path.set(new TextEncoder().encode(prefix));
  maps["routes"]?.set({ prefixLength: prefix.length * 8, path }, backend);
}
limit.watch();
route.watch();

/** What the programs say of a request. */
function decide({ method = "GET", url = "/", headers, socket }: IncomingMessage): { status: number; backend: number } {
  const context = {
    method: Math.max(0, METHODS.indexOf(method)),
    pathLength: Math.min(url.length, 65_535),
    path: url,
    client: socket.remoteAddress ?? "0.0.0.0",
    contentLength: Number(headers["content-length"] ?? 0),
    backend: 0,
  };
  const status = onRequest.run(context);
  return { status, backend: context.backend };
}

const server = createServer((request, response) => {
  const { status, backend } = decide(request);
  const answer = status === 0 ? `200 ${BACKENDS[backend] ?? "nobody"}` : `${status}`;
  console.log(`${request.method} ${request.url} -> ${answer}`);
  response.writeHead(status === 0 ? 200 : status, { "content-type": "text/plain" });
  response.end(`${answer}\n`);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
