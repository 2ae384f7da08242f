// Attaches the program to an interface until Ctrl-C: sudo node main.ts eth0

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

const [name = "lo"] = process.argv.slice(2);
await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.count.attach({ interface: name });
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

const busiest = [...it.maps.ports].sort(([, a], [, b]) => Number(b - a)).slice(0, 10);
console.table(busiest.map(([port, packets]) => ({ port, packets })));
