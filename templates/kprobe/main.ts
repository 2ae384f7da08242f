// Counts until Ctrl-C: sudo node main.ts

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using _removed = await it.programs.removed.attach({});
await using link = await it.programs.removing.attach({});
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

console.log(`${it.variables.calls.get()} calls, ${it.variables.failures.get()} failed`);
