// Goes through the threads of this machine: sudo node main.ts

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
for await (const line of it.programs.each.iterate?.() ?? []) console.log(line);

const most = [...it.maps.threads].sort(([, a], [, b]) => Number(b - a)).slice(0, 10);
console.table(most.map(([pid, threads]) => ({ pid, threads })));
