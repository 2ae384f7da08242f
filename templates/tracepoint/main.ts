// Counts until Ctrl-C: sudo node main.ts

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.opened.attach({});
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

console.table([...it.maps.results].map(([result, calls]) => ({ result, calls })));
