// Counts until Ctrl-C: sudo node main.ts

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.onSwitch.attach({});
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

const busiest = [...it.maps.switches].sort(([, a], [, b]) => Number(b - a)).slice(0, 10);
console.table(busiest.map(([pid, switches]) => ({ pid, switches })));
