// Counts until Ctrl-C: sudo node main.ts

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.sample.attach({ frequency: 99 });
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

const hottest = [...it.maps.samples].sort(([, a], [, b]) => Number(b - a)).slice(0, 20);
for (const [address, count] of hottest) console.log(`${count}\t0x${address.toString(16)}`);
