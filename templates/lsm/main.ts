// Keeps this machine from opening files for writing, for a second: sudo node main.ts (the kernel needs "bpf" among its LSMs)

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.onOpen.attach({});
console.log(link.description);
it.variables.locked.set(1);
await new Promise((done) => setTimeout(done, 1000));
it.variables.locked.set(0);
console.log(`${it.variables.refused.get()} files were not opened`);
