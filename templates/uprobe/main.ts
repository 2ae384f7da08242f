// Counts until Ctrl-C: sudo node main.ts

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.allocated.attach({});
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

const sizes = [...it.maps.sizes].sort(([a], [b]) => a - b);
console.table(sizes.map(([bits, calls]) => ({ below: 2 ** bits, calls })));
