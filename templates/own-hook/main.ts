// An application that lets a program decide: node main.ts

import { compile } from "skep";
import { openEmbedded } from "skep/embedded";
import { defineHook, u32 } from "skep/hooks";

type Program = typeof import("./program.bpf.ts");

const request = defineHook("request", { client: u32, size: u32 }, { returns: u32 });
await using engine = openEmbedded({ hooks: [request] });
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using _link = await it.programs.limit.attach({});

for (const size of [100, 5000, 300])
  console.log(`${size} bytes: ${request.run({ client: 7, size }) === 0 ? "goes on" : "refused"}`);
console.table([...it.maps.clients].map(([client, requests]) => ({ client, requests })));
